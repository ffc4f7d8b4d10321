import { messageSize } from '../message.ts';
import type { Delivery, MessageQueue } from './store.ts';

/** Consumed places at the front of the array that are tolerated before it is cut. */
const SLACK_MAX = 64;

/** A queue over an array with a moving head, so that taking the oldest does not move the rest. */
export class MemoryQueue implements MessageQueue {
  /** Places before the head are undefined: what was taken is not kept alive. */
  #items: (Delivery | undefined)[] = [];
  #head = 0;
  #bytes = 0;
  #qos0Count = 0;

  get count(): number {
    return this.#items.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get qos0Count(): number {
    return this.#qos0Count;
  }

  peek(): Delivery | undefined {
    return this.#items[this.#head];
  }

  push(delivery: Delivery): void {
    this.#items.push(delivery);
    this.#account(delivery, 1);
  }

  shift(): Delivery | undefined {
    const delivery = this.#items[this.#head];
    if (delivery === undefined) return undefined;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    this.#account(delivery, -1);
    if (this.#head > SLACK_MAX && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return delivery;
  }

  dropOldestQos0(): boolean {
    if (this.#qos0Count === 0) return false;
    const at = this.#items.findIndex((delivery) => delivery?.qos === 0);
    const [dropped] = this.#items.splice(at, 1);
    if (dropped !== undefined) this.#account(dropped, -1);
    return true;
  }

  discard(isUnwanted: (delivery: Delivery) => boolean): void {
    const wanted: Delivery[] = [];
    for (const delivery of this.#items) {
      if (delivery === undefined) continue;
      if (isUnwanted(delivery)) this.#account(delivery, -1);
      else wanted.push(delivery);
    }
    this.#items = wanted;
    this.#head = 0;
  }

  #account(delivery: Delivery, sign: 1 | -1): void {
    this.#bytes += sign * messageSize(delivery.message);
    if (delivery.qos === 0) this.#qos0Count += sign;
  }
}
