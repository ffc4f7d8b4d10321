import { PartLink, type RequestOrigin } from '@keystile/link';
import { type BusSpeed, parseBusSpeed, type VirtualBus } from '@keystile/link/node';

/** A bus inside the process that keeps every transaction: what a probe on the wires would have seen. */
export class InProcessBus implements VirtualBus {
  readonly bus: BusSpeed = parseBusSpeed('spi:10MHz');
  /** Nothing is clocked in process. */
  readonly clockPeriods = 0;
  readonly busNs = 0;
  /** Both directions, in order. */
  readonly transactions: Uint8Array[] = [];
  readonly #link: PartLink;
  #unread: Uint8Array | undefined;
  #wake: (() => void) | undefined;

  constructor(handle: (request: Uint8Array, origin: RequestOrigin) => Promise<Uint8Array>) {
    this.#link = new PartLink({
      handle,
      onReady: () => {
        this.#unread = this.#link.reply;
        this.#wake?.();
      },
    });
  }

  async write(transaction: Uint8Array): Promise<void> {
    this.transactions.push(transaction.slice());
    this.#unread = undefined;
    this.#link.receive(transaction.slice());
  }

  async read(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length).fill(0xff);
    const unread = this.#unread ?? new Uint8Array(0);
    bytes.set(unread.subarray(0, length));
    this.#unread = unread.length > length ? unread.subarray(length) : undefined;
    this.transactions.push(bytes.slice());
    return bytes;
  }

  async ready(): Promise<boolean> {
    if (this.#unread === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return true;
  }

  close(): void {}
}
