import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { generate, type Packet, parser } from 'mqtt-packet';

export interface Measured {
  readonly sent: number;
  /** Round trips in milliseconds, ascending. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Messages are sent at this interval, one by one. */
const INTERVAL_MS = 4;
/** What has not come back by then is lost. */
const PATIENCE_MS = 10_000;
const TOPIC = 'calm/t';

/**
 * A well-behaved client on a Unix socket: it sends small messages to itself at a steady rate, misses none, and knows how
 * long each took. It lives in the process of the attackers, so what it measures is more than the broker's doing, never less.
 */
class Bystander {
  readonly #socket: Socket;
  readonly #sentAtMs: number[] = [];
  #tripsMs: number[] = [];
  #arrived = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const reader = parser({ protocolVersion: 5 });
    reader.on('packet', (packet) => this.#read(packet));
    socket.on('data', (chunk: Buffer) => reader.parse(chunk));
  }

  static async join(path: string): Promise<Bystander> {
    const socket = connect(path);
    await once(socket, 'connect');
    const bystander = new Bystander(socket);
    bystander.#send({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 5,
      clean: true,
      keepalive: 0,
      clientId: 'calm',
    });
    bystander.#send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: TOPIC, qos: 0 }] });
    await bystander.measure(() => sleep(50));
    return bystander;
  }

  /** How its messages fare while `work` goes on. Asserts that all of them come back, in order. */
  async measure(work: () => Promise<unknown>): Promise<Measured> {
    this.#tripsMs = [];
    const first = this.#sentAtMs.length;
    const timer = setInterval(() => this.#sendNext(), INTERVAL_MS);
    try {
      await work();
    } finally {
      clearInterval(timer);
    }
    const untilMs = performance.now() + PATIENCE_MS;
    while (this.#arrived < this.#sentAtMs.length && performance.now() < untilMs) await sleep(INTERVAL_MS);
    assert.equal(this.#arrived, this.#sentAtMs.length, 'messages of a bystander were lost');
    const sorted = this.#tripsMs.sort((a, b) => a - b);
    const at = (part: number): number => sorted[Math.floor(part * sorted.length)] ?? 0;
    return { sent: this.#sentAtMs.length - first, p50Ms: at(0.5), p99Ms: at(0.99) };
  }

  /** The p99 of a while in which nothing else goes on. */
  async calmP99(): Promise<number> {
    return (await this.measure(() => sleep(150))).p99Ms;
  }

  leave(): void {
    this.#socket.destroy();
  }

  #sendNext(): void {
    const number = this.#sentAtMs.push(performance.now()) - 1;
    this.#send({ cmd: 'publish', topic: TOPIC, payload: `${number}`, qos: 0, retain: false, dup: false });
  }

  #read(packet: Packet): void {
    if (packet.cmd !== 'publish') return;
    assert.equal(packet.payload.toString(), `${this.#arrived}`, 'a message of a bystander is out of order');
    this.#tripsMs.push(performance.now() - (this.#sentAtMs[this.#arrived] ?? 0));
    this.#arrived += 1;
  }

  #send(packet: Packet): void {
    this.#socket.write(generate(packet, { protocolVersion: 5 }));
  }
}

/**
 * Under attack the slowest hundredth may take this many times what it takes in calm: machines that run tests are shared, and
 * the attackers are in the same process. A broker that serves nobody meanwhile is off by thousands.
 */
const SLOWER_MAX = 100;

/** Runs the attack beside a bystander and holds its p99 against the calm before and after. */
export async function beside(path: string, attack: () => Promise<unknown>): Promise<void> {
  const bystander = await Bystander.join(path);
  const before = await bystander.calmP99();
  const during = await bystander.measure(attack);
  const after = await bystander.calmP99();
  bystander.leave();
  const calm = Math.max(before, after);
  assert.ok(during.sent >= 5, `${during.sent} messages say nothing`);
  assert.ok(during.p99Ms <= SLOWER_MAX * calm, `p99 is ${during.p99Ms} ms under attack, ${calm} ms in calm`);
}
