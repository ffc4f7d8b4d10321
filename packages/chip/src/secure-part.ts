import { KeystileError } from '@keystile/errors';
import { encodeRefused, type LifeCycle, LinkPairing, type RequestOrigin } from '@keystile/link';
import { Administration } from './administration/administration.ts';
import { SecureBoot } from './boot/secure-boot.ts';
import { dispatch } from './dispatcher.ts';
import { eventsOfChange, type LogEvent } from './log/log-event.ts';
import { LogKeeper } from './log/log-keeper.ts';
import { latchTamper, type TamperCause } from './memory/fuse.ts';
import { lifeCycleOf } from './memory/life-cycle.ts';
import { PartMemory } from './memory/part-memory.ts';
import { PartPairing } from './pairing/part-pairing.ts';
import type { Part } from './part.ts';
import type { PoweredClock, RandomSource, SlotStorage } from './ports.ts';
import { RandomGenerator } from './random/random-generator.ts';
import { refusalOf } from './refusal.ts';
import { Renewal } from './renewal/renewal.ts';
import type { KnownAnswer } from './self-test/known-answer.ts';
import { knownAnswers } from './self-test/known-answers.ts';
import { PartHealth } from './self-test/part-health.ts';
import { dropEventOf } from './sessions/resumption.ts';
import { SessionTable } from './sessions/session-table.ts';
import { type ExporterPort, exportFromSession } from './signing/exporter-port.ts';
import { PartSigner } from './signing/part-signer.ts';
import { WriteThrottle } from './throttle/write-throttle.ts';
import { PartTime } from './time/part-time.ts';
import { ownPace, type Pace } from './timing/pace.ts';
import { pacedVault } from './timing/paced-vault.ts';
import { destroyDeviceKeys } from './vault/destroy-device-keys.ts';
import { SoftwareVault } from './vault/software-vault.ts';
import type { Vault } from './vault/vault.ts';

/**
 * The firmware of the secure IC: requests in, responses out, and its pins. It has no I/O of its own; memory, fuses,
 * random numbers, powered time and the vault are ports.
 *
 * A part whose memory cannot be trusted (copied, put back, damaged) still starts: it refuses every command with the
 * reason, so that whoever looks at the bus learns it, and keeps its hands off the memory.
 */
export interface SecurePartPorts {
  readonly nvm: SlotStorage;
  readonly fuses: SlotStorage;
  readonly random: RandomSource;
  readonly poweredMs: PoweredClock;
  /**
   * The latch that remembers a tamper event from when the part had no power: its cause, or undefined. It is read once, at
   * the start, and never reset.
   */
  readonly tamperLatch?: () => TamperCause | undefined;
  /**
   * Where long-lived keys rest; the software vault when absent. It is made once the memory is open; `random` gives bytes
   * on a fresh seed.
   */
  readonly vault?: (memory: PartMemory, random: RandomSource) => Vault;
  /** The self-tests; those of every algorithm when absent. */
  readonly knownAnswers?: readonly KnownAnswer[];
  /** What derives keying material from a session for a statement; the session itself when absent. */
  readonly exporter?: ExporterPort;
  /** How long slow operations take; their own time when absent. */
  readonly pace?: Pace;
}

/** What the pins and the operator may see without the bus. */
export interface PartSummary {
  readonly serial: string;
  readonly lifeCycle: LifeCycle;
  readonly tampered: boolean;
  readonly tamperCause?: TamperCause;
  readonly bootState: string;
  readonly bootCount: number;
  readonly sessionsOpen: number;
  /** Bytes that wait in all TLS sessions together. */
  readonly sessionBytes: number;
  readonly nvmGeneration: number;
}

export class SecurePart {
  readonly #ports: SecurePartPorts;
  readonly #start: Started;
  /** Commands are carried out one after the other; pins act at once. */
  #queue: Promise<unknown>;

  /** Power on. What a tamper event had begun to destroy when the power went is destroyed before the first command. */
  constructor(ports: SecurePartPorts) {
    this.#ports = ports;
    this.#start = start(ports);
    this.#queue = this.#start.kind === 'working' ? finishDestruction(this.#start.part) : Promise.resolve();
  }

  /** Why the part refuses every command; undefined when it works. */
  get fault(): KeystileError | undefined {
    return this.#start.kind === 'faulty' ? this.#start.fault : undefined;
  }

  /**
   * Carries out one request. Never rejects: a refusal is a response. Without an origin it is one in clear, on a link
   * that ends with it.
   */
  handle(request: Uint8Array, origin: RequestOrigin = nowhere()): Promise<Uint8Array> {
    const response = this.#queue.then(() => this.#respond(request, origin));
    this.#queue = response;
    return response;
  }

  /**
   * The reset line of the board: ends what was verified and opened, tests everything again and arms secure boot. Throws
   * the fault.
   */
  assertResetLine(): void {
    const part = this.#part();
    part.sessions.discardAll('boot');
    part.sessions.budgets.refill();
    part.provisioning = undefined;
    part.time.forgetChallenge();
    part.administration.nonces.forget();
    part.health.start();
    part.boot.arm();
    countBoot(part);
  }

  /**
   * A tamper event. Session keys go first, since they are in use; then, in one write, the key that wraps the device
   * keys; then the vault's own; the memory forgets them last, and the log tells of it. Settles when all of it is done.
   *
   * A part whose memory does not open latches it too: else taking the memory away would be a way to hide a drill.
   */
  async tamper(cause: TamperCause): Promise<void> {
    if (this.#start.kind === 'faulty') return latchTamper(this.#ports.fuses, cause);
    const { part } = this.#start;
    part.sessions.discardAll('tamper');
    part.boot.fail();
    part.boot.disarm();
    part.provisioning = undefined;
    part.administration.nonces.forget();
    part.memory.latchTamper(cause);
    await destroyDeviceKeys(part);
  }

  get summary(): PartSummary {
    const { memory, boot, sessions } = this.#part();
    const { tamperCause } = memory;
    return {
      serial: memory.state.serial,
      lifeCycle: lifeCycleOf(memory),
      tampered: tamperCause !== undefined,
      ...(tamperCause === undefined ? {} : { tamperCause }),
      bootState: boot.state,
      bootCount: memory.state.bootCount,
      sessionsOpen: sessions.size,
      sessionBytes: sessions.heldBytes,
      nvmGeneration: memory.generation,
    };
  }

  async #respond(request: Uint8Array, origin: RequestOrigin): Promise<Uint8Array> {
    try {
      return await dispatch(this.#part(), request, origin);
    } catch (error) {
      return encodeRefused(refusalOf(error));
    }
  }

  #part(): Part {
    if (this.#start.kind === 'faulty') throw this.#start.fault;
    return this.#start.part;
  }
}

type Started =
  | { readonly kind: 'working'; readonly part: Part }
  | { readonly kind: 'faulty'; readonly fault: KeystileError };

function start(ports: SecurePartPorts): Started {
  try {
    return { kind: 'working', part: powerOn(ports) };
  } catch (error) {
    if (error instanceof KeystileError) return { kind: 'faulty', fault: error };
    throw error;
  }
}

function powerOn(ports: SecurePartPorts): Part {
  const { random: source, poweredMs, pace = ownPace } = ports;
  const generator = new RandomGenerator(source);
  const health = new PartHealth(ports.knownAnswers ?? knownAnswers, generator);
  health.start();
  const memory = openMemory(ports, generator, health);
  const vault = pacedVault((ports.vault ?? softwareVault)(memory, generator.freshBytes), pace);
  const time = new PartTime(memory, poweredMs);
  const part: Part = {
    memory,
    vault,
    signer: new PartSigner(memory, vault),
    exporter: ports.exporter ?? exportFromSession,
    boot: new SecureBoot(memory),
    time,
    sessions: new SessionTable(),
    administration: new Administration({ memory, time, poweredMs }),
    renewal: new Renewal(),
    health,
    throttle: new WriteThrottle(poweredMs),
    log: new LogKeeper(memory, poweredMs),
    generator,
    pairing: new PartPairing(memory, generator.bytes),
    random: generator.bytes,
    poweredMs,
    pace,
    provisioning: undefined,
  };
  watchMemory(part);
  countBoot(part);
  return part;
}

function nowhere(): RequestOrigin {
  return { sealedBy: undefined, pairing: new LinkPairing() };
}

/** What happened without power is latched before the memory is opened: first of all the keys go. */
function openMemory(ports: SecurePartPorts, generator: RandomGenerator, health: PartHealth): PartMemory {
  const cause = ports.tamperLatch?.();
  if (cause !== undefined) latchTamper(ports.fuses, cause);
  try {
    const memory = PartMemory.open({ ...ports, random: generator.bytes });
    // A new part had no fuses to latch it in.
    if (cause !== undefined) memory.latchTamper(cause);
    return memory;
  } catch (error) {
    // With a broken cipher, what looks damaged may be whole.
    throw health.fault ?? error;
  }
}

function watchMemory({ memory, sessions, log, time }: Part): void {
  memory.watch((before, after) => {
    log.written();
    const event = dropEventOf(before, after);
    if (event !== undefined) sessions.tickets.drop(event);
  });
  memory.keepLog((before, after) => ({
    events: [...log.waiting, ...untoldTamper(memory), ...eventsOfChange(before, after)],
    atMs: time.nowMs,
  }));
}

function untoldTamper({ tamperCause, isTamperLogged }: PartMemory): readonly LogEvent[] {
  if (tamperCause === undefined || isTamperLogged) return [];
  return [{ event: 'tampered', detail: tamperCause, count: 1 }];
}

function softwareVault(memory: PartMemory, random: RandomSource): Vault {
  return new SoftwareVault(() => memory.fuseRecord, random);
}

/** An unmade or a tampered part has nothing left to count for, and a part in its error state writes nothing. */
function countBoot({ memory, health }: Part): void {
  if (memory.state.lifeCycle === 'unmade' || memory.tamperCause !== undefined || health.fault !== undefined) return;
  memory.commitStart((state) => ({ ...state, bootCount: state.bootCount + 1 }));
}

/** Of a tamper event, or of the part's termination. Every step may be repeated: one that a power cut prevented is made good at the next start. */
async function finishDestruction(part: Part): Promise<void> {
  const { memory } = part;
  if (memory.tamperCause === undefined && memory.state.lifeCycle !== 'terminated') return;
  // The latch, or the life cycle, holds whatever becomes of this: access rules refuse every use of a device key.
  await destroyDeviceKeys(part).catch(() => undefined);
}
