import { KeystileError } from '@keystile/errors';
import { type Command, callCommand, commands, HostLink, type LinkCounters, TLS_CHUNK_MAX } from '@keystile/link';
import { openVirtualBus, parseBusSpeed, type VirtualBus } from '@keystile/link/node';
import type { HostPairing, PairingCheck } from './pairing/host-pairing.ts';

/**
 * A secure IC on its bus. It knows commands and counters and nothing of what the part does with them: the host half
 * cannot do TLS.
 */
export interface PartOptions {
  /** Unix socket of a virtual part. */
  readonly path: string;
  /** For example `spi:10MHz` or `i2c:400kHz`. */
  readonly bus: string;
  /** Of this host; a part that was locked with it obeys nobody else. */
  readonly pairing?: HostPairing;
}

/** What has crossed the bus since it was opened, and how long that took at its clock. */
export interface BusCounters extends LinkCounters {
  /** Nanoseconds of bus time, polls included. */
  readonly busNs: number;
}

/** Fields beside the bytes: of TLS_WRITE opcode, handle and length; of the answer to TLS_READ status, length and progress. */
const FIELDS_MAX = 16;

export class Part {
  readonly #bus: VirtualBus;
  readonly #link: HostLink;
  #pairing: HostPairing | undefined;

  /** A host that was paired with its part seals all that it sends; one that was not sends in clear. */
  constructor(bus: VirtualBus, pairing?: HostPairing) {
    this.#bus = bus;
    this.#pairing = pairing;
    this.#link = new HostLink(bus, {
      now: () => performance.now(),
      openChannel: async (inClear) => {
        if (this.#pairing?.partKey === undefined) return undefined;
        return (await this.#pairing.openChannel(inClear)).channel;
      },
    });
  }

  /** Of this host; with the part's key from {@link Part.pair} on. */
  get pairing(): HostPairing | undefined {
    return this.#pairing;
  }

  get counters(): BusCounters {
    return { ...this.#link.counters, busNs: this.#bus.busNs };
  }

  /** Bytes that fit one frame together with a command's own fields: pieces of this size cost no second frame. */
  get pieceMax(): number {
    return Math.min(TLS_CHUNK_MAX, this.#link.pieceMax - FIELDS_MAX);
  }

  /**
   * Pairs host and part, within a provisioning session; what follows is sealed. `check` judges the part's signed
   * statement before anything comes of it. Throws what {@link HostPairing.openChannel} throws; `KS-D123` without a
   * host's key.
   */
  async pair(check: PairingCheck): Promise<void> {
    const pairing = this.#pairing;
    if (pairing === undefined) throw new KeystileError('KS-D123', 'the part was opened without a pairing');
    const { channel, partKey } = await pairing.openChannel((bytes) => this.#link.exchange(bytes), check);
    this.#pairing = pairing.withPart(partKey);
    this.#link.useChannel(channel);
  }

  /**
   * Calls a command. Throws the part's own refusal (`KS-C…`, `KS-T…`, `KS-P…`), a fault of the link (`KS-L…`), or
   * `KS-D120` when another part answers than the one that this host is paired with.
   */
  call<Request, Result>(command: Command<Request, Result>, request: Request): Promise<Result> {
    return callCommand((bytes) => this.#link.exchange(bytes), command, request);
  }

  close(): void {
    this.#bus.close();
  }
}

/** Attaches to the part and agrees on the frame size. Throws `KS-L102`, `KS-L103`, `KS-L105`, or what INFO throws. */
export async function openPart(options: PartOptions): Promise<Part> {
  const bus = await openVirtualBus({ path: options.path, bus: parseBusSpeed(options.bus) });
  const part = new Part(bus, options.pairing);
  try {
    await part.call(commands.info, {});
  } catch (error) {
    part.close();
    throw error;
  }
  return part;
}
