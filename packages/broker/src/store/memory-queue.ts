import { messageSize } from '../message.ts';
import type { Delivery, MessageQueue } from './store.ts';

/** Consumed places at the front of the array that are tolerated before it is cut. */
const SLACK_MAX = 64;

/** A queue over an array with a moving head, so that taking the oldest does not move the rest. */
export class MemoryQueue implements MessageQueue {
  #items: Delivery[] = [];
  #head = 0;
  #bytes = 0;

  get count(): number {
    return this.#items.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  peek(): Delivery | undefined {
    return this.#items[this.#head];
  }

  push(delivery: Delivery): void {
    this.#items.push(delivery);
    this.#bytes += messageSize(delivery.message);
  }

  shift(): Delivery | undefined {
    const delivery = this.#items[this.#head];
    if (delivery === undefined) return undefined;
    this.#head += 1;
    this.#bytes -= messageSize(delivery.message);
    if (this.#head > SLACK_MAX && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return delivery;
  }

  dropOldestQos0(): boolean {
    const at = this.#items.findIndex((delivery, index) => index >= this.#head && delivery.qos === 0);
    const [dropped] = at < 0 ? [] : this.#items.splice(at, 1);
    if (dropped === undefined) return false;
    this.#bytes -= messageSize(dropped.message);
    return true;
  }
}
