import { type Command, callCommand, commands, HostLink, type LinkCounters, TLS_CHUNK_MAX } from '@keystile/link';
import { openVirtualBus, parseBusSpeed, type VirtualBus } from '@keystile/link/node';

/**
 * A secure IC on its bus. It knows commands and counters and nothing of what the part does with them: the host half
 * cannot do TLS.
 */
export interface PartOptions {
  /** Unix socket of a virtual part. */
  readonly path: string;
  /** For example `spi:10MHz` or `i2c:400kHz`. */
  readonly bus: string;
}

/** What has crossed the bus since it was opened, and how long that took at its clock. */
export interface BusCounters extends LinkCounters {
  /** Nanoseconds of bus time, polls included. */
  readonly busNs: number;
}

/** Fields of a command beside its bytes: opcode, handle, length. */
const COMMAND_FIELDS = 8;

export class Part {
  readonly #bus: VirtualBus;
  readonly #link: HostLink;

  constructor(bus: VirtualBus) {
    this.#bus = bus;
    this.#link = new HostLink(bus, { now: () => performance.now() });
  }

  get counters(): BusCounters {
    return { ...this.#link.counters, busNs: this.#bus.busNs };
  }

  /** Bytes that fit one frame together with a command's own fields: pieces of this size cost no second frame. */
  get pieceMax(): number {
    return Math.min(TLS_CHUNK_MAX, this.#link.payloadMax - COMMAND_FIELDS);
  }

  /**
   * Calls a command. Throws the part's own refusal (`KS-C…`, `KS-T…`, `KS-P…`) or a fault of the link (`KS-L…`).
   */
  call<Request, Result>(command: Command<Request, Result>, request: Request): Promise<Result> {
    return callCommand((bytes) => this.#link.exchange(bytes), command, request);
  }

  close(): void {
    this.#bus.close();
  }
}

/** Attaches to the part and agrees on the frame size. Throws `KS-L102`, `KS-L103`, `KS-L105` or `KS-L100`. */
export async function openPart(options: PartOptions): Promise<Part> {
  const bus = await openVirtualBus({ path: options.path, bus: parseBusSpeed(options.bus) });
  const part = new Part(bus);
  try {
    await part.call(commands.info, {});
  } catch (error) {
    part.close();
    throw error;
  }
  return part;
}
