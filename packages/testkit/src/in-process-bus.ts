import { KeystileError } from '@keystile/errors';
import { PartLink, type RequestOrigin } from '@keystile/link';
import { type BusSpeed, parseBusSpeed, type VirtualBus } from '@keystile/link/node';

/** One transaction between host and part, counted from 0. */
export interface Transfer {
  readonly number: number;
  readonly direction: 'write' | 'read';
  /** Of a read, what the part gives. */
  readonly bytes: Uint8Array;
}

/**
 * What befalls a transfer: the controller reports a failure, the bytes are lost, they come too late or twice, or one
 * of them is another.
 */
export type TransferFault =
  | { readonly kind: 'fail' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'stall' }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'flip'; readonly at: number; readonly mask: number };

/** A bus inside the process that keeps every transaction, what a probe on the wires would have seen, and can fail. */
export class InProcessBus implements VirtualBus {
  readonly bus: BusSpeed;
  /** Nothing is clocked in process. */
  readonly clockPeriods = 0;
  readonly busNs = 0;
  /** Both directions, in order. */
  readonly transactions: Uint8Array[] = [];
  /** Asked of each transfer; nothing befalls any when absent. */
  disturb: ((transfer: Transfer) => TransferFault | undefined) | undefined;
  readonly #link: PartLink;
  #atWork: Promise<unknown> = Promise.resolve();
  #unread: Uint8Array | undefined;
  /** A reply that was late or comes twice; it is in front of the next one. */
  #stale: Uint8Array | undefined;
  #transfers = 0;

  constructor(handle: (request: Uint8Array, origin: RequestOrigin) => Promise<Uint8Array>, bus = 'spi:10MHz') {
    this.bus = parseBusSpeed(bus);
    this.#link = new PartLink({
      handle: (...request) => {
        const response = handle(...request);
        this.#atWork = response.catch(() => undefined);
        return response;
      },
      onReady: () => {
        this.#unread = this.#link.reply;
      },
    });
  }

  async write(transaction: Uint8Array): Promise<void> {
    this.transactions.push(transaction.slice());
    this.#unread = this.#stale;
    this.#stale = undefined;
    const fault = this.#fault('write', transaction);
    if (fault?.kind === 'drop' || fault?.kind === 'stall') return;
    this.#link.receive(damaged(transaction, fault));
    if (fault?.kind === 'duplicate') this.#link.receive(transaction.slice());
  }

  async read(length: number): Promise<Uint8Array | undefined> {
    const unread = this.#unread;
    if (unread === undefined && this.bus.kind === 'i2c') return undefined;
    const bytes = new Uint8Array(length).fill(IDLE);
    bytes.set((unread ?? new Uint8Array(0)).subarray(0, length));
    const fault = this.#fault('read', bytes);
    if (fault?.kind === 'stall') {
      this.#stale = unread;
      this.#unread = undefined;
    } else if (fault?.kind === 'duplicate') this.#stale = unread?.slice();
    if (this.#unread !== undefined)
      this.#unread = unread !== undefined && unread.length > length ? unread.subarray(length) : undefined;
    const given = fault?.kind === 'drop' || fault?.kind === 'stall' ? bytes.fill(IDLE) : damaged(bytes, fault);
    this.transactions.push(given.slice());
    return given;
  }

  /** False once nothing is under way that could still make the part ready: the frame or its reply is lost. */
  async ready(): Promise<boolean> {
    if (this.#unread !== undefined) return true;
    await this.#atWork;
    await new Promise(setImmediate);
    return this.#unread !== undefined;
  }

  close(): void {}

  #fault(direction: Transfer['direction'], bytes: Uint8Array): TransferFault | undefined {
    const fault = this.disturb?.({ number: this.#transfers++, direction, bytes });
    if (fault?.kind !== 'fail') return fault;
    throw new KeystileError('KS-L124', `the controller failed in a ${direction} of ${bytes.length} bytes`);
  }
}

/** What an SPI slave without data drives. */
const IDLE = 0xff;

function damaged(bytes: Uint8Array, fault: TransferFault | undefined): Uint8Array {
  const copy = bytes.slice();
  if (fault?.kind === 'flip') copy[fault.at] = (copy[fault.at] ?? 0) ^ fault.mask;
  return copy;
}
