import type { BusMaster } from '../../src/index.ts';
import { PartLink } from '../../src/index.ts';

/** What happens to one bus transfer. */
export type Anomaly = 'flip' | 'drop' | 'stall';

export interface FlakyBusOptions {
  readonly handle: (request: Uint8Array) => Uint8Array | Promise<Uint8Array>;
  /** What to do to transfer number `k` (from 0; writes and reads of frames are counted together). */
  readonly anomalyAt?: (k: number, direction: 'write' | 'read') => Anomaly | undefined;
  readonly payloadMax?: number;
}

/** An in-process bus with an obvious clock: a read takes 1 ms, a wait that finds nothing ready its whole timeout. */
export class FlakyBus implements BusMaster {
  readonly #link: PartLink;
  readonly #options: FlakyBusOptions;
  #unread: Uint8Array | undefined;
  #nowMs = 0;
  transfers = 0;

  constructor(options: FlakyBusOptions) {
    this.#options = options;
    this.#link = new PartLink({
      handle: options.handle,
      ...(options.payloadMax === undefined ? {} : { payloadMax: options.payloadMax }),
      onReady: () => {
        this.#unread = this.#link.reply;
      },
    });
  }

  readonly now = (): number => this.#nowMs;

  async write(transaction: Uint8Array): Promise<void> {
    const anomaly = this.#options.anomalyAt?.(this.transfers++, 'write');
    if (anomaly === 'drop' || anomaly === 'stall') return;
    this.#unread = undefined;
    this.#link.receive(anomaly === 'flip' ? flipped(transaction) : transaction);
  }

  async read(length: number): Promise<Uint8Array | undefined> {
    const anomaly = this.#options.anomalyAt?.(this.transfers++, 'read');
    this.#nowMs += 1;
    if (this.#unread === undefined || anomaly === 'stall') return undefined;
    const bytes = new Uint8Array(length).fill(0xff);
    bytes.set(this.#unread.subarray(0, length));
    this.#unread = this.#unread.length > length ? this.#unread.subarray(length) : undefined;
    if (anomaly === 'drop') return new Uint8Array(length).fill(0xff);
    return anomaly === 'flip' ? flipped(bytes) : bytes;
  }

  async ready(timeoutMs: number): Promise<boolean> {
    for (let turn = 0; turn < 20 && this.#unread === undefined; turn++) await new Promise(setImmediate);
    if (this.#unread !== undefined) return true;
    this.#nowMs += timeoutMs;
    return false;
  }

  close(): void {}
}

/** One bit in the middle, where the payload is. */
function flipped(bytes: Uint8Array): Uint8Array {
  const damaged = bytes.slice();
  const at = damaged.length >> 1;
  damaged[at] = (damaged[at] ?? 0) ^ 0x10;
  return damaged;
}
