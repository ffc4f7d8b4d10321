import type { BusMaster, RequestOrigin } from '../../src/index.ts';
import { PartLink } from '../../src/index.ts';

/** What happens to one bus transfer. */
export type Anomaly = 'flip' | 'drop' | 'stall';

export interface FlakyBusOptions {
  readonly handle: (request: Uint8Array, origin: RequestOrigin) => Uint8Array | Promise<Uint8Array>;
  /** What to do to transfer number `k` (from 0; writes and reads of frames are counted together). */
  readonly anomalyAt?: (k: number, direction: 'write' | 'read') => Anomaly | undefined;
  readonly payloadMax?: number;
  /** Whoever sits on the wires: sees each frame, and says what arrives in its place; undefined lets nothing through. */
  readonly onWire?: (frame: Uint8Array, direction: 'write' | 'read') => Uint8Array | undefined;
}

/** An in-process bus with an obvious clock: a read takes 1 ms, a wait that finds nothing ready its whole timeout. */
export class FlakyBus implements BusMaster {
  #link: PartLink;
  readonly #options: FlakyBusOptions;
  #unread: Uint8Array | undefined;
  #nowMs = 0;
  transfers = 0;

  constructor(options: FlakyBusOptions) {
    this.#options = options;
    this.#link = this.#newLink();
  }

  /** The part loses power and comes back: it remembers nothing of the link. */
  restartPart(): void {
    this.#unread = undefined;
    this.#link = this.#newLink();
  }

  /** A frame that the host never sent. */
  inject(transaction: Uint8Array): void {
    this.#link.receive(transaction);
  }

  /** A frame that the part never sent. */
  injectReply(frame: Uint8Array): void {
    this.#unread = frame;
  }

  #newLink(): PartLink {
    const link: PartLink = new PartLink({
      handle: this.#options.handle,
      ...(this.#options.payloadMax === undefined ? {} : { payloadMax: this.#options.payloadMax }),
      onReady: () => {
        if (this.#link === link && link.reply !== undefined) this.#unread = this.#onWire(link.reply, 'read');
      },
    });
    return link;
  }

  #onWire(frame: Uint8Array, direction: 'write' | 'read'): Uint8Array | undefined {
    return this.#options.onWire === undefined ? frame : this.#options.onWire(frame, direction);
  }

  readonly now = (): number => this.#nowMs;

  async write(transaction: Uint8Array): Promise<void> {
    const anomaly = this.#options.anomalyAt?.(this.transfers++, 'write');
    if (anomaly === 'drop' || anomaly === 'stall') return;
    this.#unread = undefined;
    const arriving = this.#onWire(transaction.slice(), 'write');
    if (arriving !== undefined) this.#link.receive(anomaly === 'flip' ? flipped(arriving) : arriving);
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
