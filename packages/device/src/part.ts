import { KeystileError } from '@keystile/errors';
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
  type ValueOf,
} from '@keystile/link';
import { openLinuxBus } from '@keystile/link/linux';
import { openVirtualBus, parseBusSpeed } from '@keystile/link/node';
import type { HostPairing, PairingCheck } from './pairing/host-pairing.ts';

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
  /** Of this host; a part that was locked with it obeys nobody else. */
  readonly pairing?: HostPairing;
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

/** Fields beside the bytes: of TLS_WRITE opcode, handle and length; of the answer to TLS_READ status, length and progress. */
const FIELDS_MAX = 16;

export class Part {
  readonly #bus: AccountedBus;
  readonly #link: HostLink;
  #pairing: HostPairing | undefined;
  /** Handles of sessions that a failure of the bus kept from being released. */
  readonly #unreleased = new Set<number>();

  /** A host that was paired with its part seals all that it sends; one that was not sends in clear. */
  constructor(bus: AccountedBus, pairing?: HostPairing) {
    this.#bus = bus;
    this.#pairing = pairing;
    this.#link = new HostLink(bus, {
      now: () => performance.now(),
      payloadMax: Math.min(PAYLOAD_MAX, (bus.transactionMax ?? Number.POSITIVE_INFINITY) - FRAME_OVERHEAD),
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

  /** TLS_OPEN, once the sessions that still wait to be released are. */
  async openSession(request: TlsOpenRequest): Promise<OpenedSession> {
    for (const handle of this.#unreleased) await this.#releaseAgain(handle);
    return this.call(commands.tlsOpen, request);
  }

  /**
   * TLS_CLOSE of a session that nobody uses any more; gives its last bytes for the network. When the bus fails meanwhile,
   * the part would keep the session for ever, of the few that it has: it is released before the next one is opened.
   */
  async releaseSession(handle: number): Promise<Uint8Array> {
    try {
      return (await this.call(commands.tlsClose, { handle, release: true })).outgoing;
    } catch (error) {
      if (isLinkFault(error)) this.#unreleased.add(handle);
      throw error;
    }
  }

  close(): void {
    this.#bus.close();
  }

  async #releaseAgain(handle: number): Promise<void> {
    this.#unreleased.delete(handle);
    try {
      await this.releaseSession(handle);
    } catch (error) {
      // A part that was reset meanwhile has forgotten the session.
      if (isLinkFault(error)) throw error;
    }
  }
}

type TlsOpenRequest = ValueOf<typeof commands.tlsOpen.request>;
type OpenedSession = ValueOf<typeof commands.tlsOpen.result>;

/** Whether it is not known what has become of the command. */
function isLinkFault(error: unknown): boolean {
  return error instanceof KeystileError && error.code.startsWith('KS-L');
}

/** A device of the kernel's; the Unix socket of a virtual part has another name. */
const LINUX_BUS = /^\/dev\/(?:spidev|i2c-)/;

/**
 * Attaches to the part and agrees on the frame size. Throws `KS-L102`, `KS-L103`, `KS-L105`, on a bus of this machine
 * `KS-L120` to `KS-L124`, or what INFO throws.
 */
export async function openPart(options: PartOptions): Promise<Part> {
  const bus = await openBus(options);
  const part = new Part(bus, options.pairing);
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
