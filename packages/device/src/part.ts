import {
  type BusMaster,
  type Command,
  callCommand,
  commands,
  FRAME_OVERHEAD,
  HostLink,
  type LinkCounters,
  PAYLOAD_MAX,
  TLS_CHUNK_MAX,
} from '@keystile/link';
import { openLinuxBus } from '@keystile/link/linux';
import { openVirtualBus, parseBusSpeed } from '@keystile/link/node';

/**
 * A secure IC on its bus. It knows commands and counters and nothing of what the part does with them: the host half
 * cannot do TLS.
 */
export interface PartOptions {
  /** `/dev/spidevB.C` or `/dev/i2c-N`; any other path is the Unix socket of a virtual part. */
  readonly path: string;
  /** For example `spi:10MHz` or `i2c:400kHz`. */
  readonly bus: string;
  /** Seven bits, on `/dev/i2c-N`. */
  readonly address?: number;
}

/** A bus with an account of the time that its transactions take. */
export interface AccountedBus extends BusMaster {
  readonly busNs: number;
  /** Bytes that one transaction may have, when the bus knows a limit. */
  readonly transactionMax?: number;
}

/** What has crossed the bus since it was opened, and how long that took at its clock. */
export interface BusCounters extends LinkCounters {
  /** Nanoseconds of bus time, polls included. */
  readonly busNs: number;
}

/** Fields of a command beside its bytes: opcode, handle, length. */
const COMMAND_FIELDS = 8;

export class Part {
  readonly #bus: AccountedBus;
  readonly #link: HostLink;

  constructor(bus: AccountedBus) {
    this.#bus = bus;
    const payloadMax = Math.min(PAYLOAD_MAX, (bus.transactionMax ?? Number.POSITIVE_INFINITY) - FRAME_OVERHEAD);
    this.#link = new HostLink(bus, { now: () => performance.now(), payloadMax });
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

/** A device of the kernel's; the Unix socket of a virtual part has another name. */
const LINUX_BUS = /^\/dev\/(?:spidev|i2c-)/;

/**
 * Attaches to the part and agrees on the frame size. Throws `KS-L102`, `KS-L103`, `KS-L105`, `KS-L100`, and on a bus of
 * this machine `KS-L120` to `KS-L124`.
 */
export async function openPart(options: PartOptions): Promise<Part> {
  const bus = await openBus(options);
  const part = new Part(bus);
  try {
    await part.call(commands.info, {});
  } catch (error) {
    part.close();
    throw error;
  }
  return part;
}

function openBus({ path, address, ...options }: PartOptions): Promise<AccountedBus> {
  const bus = parseBusSpeed(options.bus);
  if (!LINUX_BUS.test(path)) return openVirtualBus({ path, bus });
  return openLinuxBus({ device: path, bus, ...(address === undefined ? {} : { address }) });
}
