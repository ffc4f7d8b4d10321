import { equalPublicBytes } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import type { LogEvent } from '../log/log-event.ts';
import { appendToLog, tellsOfTamper } from '../log/part-log.ts';
import type { RandomSource, Slot, SlotStorage } from '../ports.ts';
import { type FuseRecord, Fuses, type TamperCause } from './fuse.ts';
import { type PartState, unmadeState } from './part-state.ts';
import { encodeSnapshot, type OpenedSnapshot, openSnapshot } from './snapshot.ts';

/**
 * The non-volatile memory as a whole: a state that changes by whole generations.
 *
 * `commit` writes the next snapshot to the slot that does not hold the current one, then moves the fuses to it. So a
 * cut at any byte leaves the old state or the new one, and what the memory is told from is never only the memory:
 *
 *   fuses say g, s   memory holds g named s                       → the current state
 *                    memory holds g + 1 that follows s            → a cut came between the two writes; taken over
 *                    anything else of this part                   → an older or an abandoned state was put back
 *                    another part's                               → copied
 */
export interface MemoryPorts {
  readonly nvm: SlotStorage;
  readonly fuses: SlotStorage;
  readonly random: RandomSource;
}

/** Events of a change, and the part's time. */
export type Journal = (
  before: PartState,
  after: PartState,
) => { readonly events: readonly LogEvent[]; readonly atMs: number };

export class PartMemory {
  readonly #nvm: SlotStorage;
  readonly #fuses: Fuses;
  #state: PartState;
  #slot: Slot;
  #watchers: readonly ((before: PartState, after: PartState) => void)[] = [];
  #journal: Journal | undefined;
  #commits = 0;

  private constructor(nvm: SlotStorage, fuses: Fuses, current: { readonly state: PartState; readonly slot: Slot }) {
    this.#nvm = nvm;
    this.#fuses = fuses;
    this.#state = current.state;
    this.#slot = current.slot;
  }

  /** Opens the memory, or makes that of a new part when there is none. Throws `KS-C130` to `KS-C134` or `KS-C136`. */
  static open({ nvm, fuses: fuseStorage, random }: MemoryPorts): PartMemory {
    const stored = [nvm.read(0), nvm.read(1)] as const;
    const isEmpty = stored.every((bytes) => bytes === undefined || bytes.length === 0);
    const fuses = openFuses(fuseStorage, isEmpty) ?? newFuses({ nvm, fuses: fuseStorage, random }, isEmpty);
    const opened = stored.map((bytes) => (bytes === undefined ? undefined : openSnapshot(fuses.record, bytes)));
    const slot = currentSlot(fuses.record, opened);
    if (slot === undefined) return new PartMemory(nvm, fuses, { state: unmadeState, slot: 1 });
    const current = opened[slot];
    if (current?.kind !== 'whole') throw new KeystileError('KS-C132');
    if (current.generation > fuses.record.generation) fuses.advance(current.generation, current.name);
    return new PartMemory(nvm, fuses, { state: current.state, slot });
  }

  get state(): PartState {
    return this.#state;
  }

  get generation(): number {
    return this.#fuses.record.generation;
  }

  get tamperCause(): TamperCause | undefined {
    return this.#fuses.record.tamperCause;
  }

  /** Keys for the software vault. */
  get fuseRecord(): FuseRecord {
    return this.#fuses.record;
  }

  /**
   * Makes `change` of the state lasting, all of it at once. Throws `KS-C113` after a tamper event: a command that was
   * under way when it came must not write what it began.
   */
  commit(change: (state: PartState) => PartState): void {
    if (this.tamperCause !== undefined) throw new KeystileError('KS-C113');
    this.#write(change(this.#state));
    this.#commits++;
  }

  /** The same for what is no command: a start, the reset line. */
  commitStart(change: (state: PartState) => PartState): void {
    this.commit(change);
    this.#commits--;
  }

  /** Writes by commands since power on. */
  get commits(): number {
    return this.#commits;
  }

  /** Writes nothing but what the journal has to say; a tampered part still may. */
  writeLog(): void {
    this.#write(this.#state);
  }

  /** `journal` says what the log is to tell of a change; it is written with the change or not at all. */
  keepLog(journal: Journal): void {
    this.#journal = journal;
  }

  /** `watcher` learns of each change once it is lasting. */
  watch(watcher: (before: PartState, after: PartState) => void): void {
    this.#watchers = [...this.#watchers, watcher];
  }

  /** Destroys what the fuses can destroy and latches the event. It may be repeated. */
  latchTamper(cause: TamperCause): void {
    this.#fuses.latchTamper(cause);
  }

  /** Whether the log tells of the tamper event, or there is none to tell of. */
  get isTamperLogged(): boolean {
    return this.tamperCause === undefined || tellsOfTamper(this.#state.log);
  }

  /** After a tamper event, and after the vault has destroyed its own: the state no longer names the device keys. */
  forgetDeviceKeys(): void {
    const { keys } = this.#state;
    this.#write({ ...this.#state, keys: new Map([...keys].filter(([slot]) => slot === 'attestation')) });
  }

  #write(change: PartState): void {
    const { record } = this.#fuses;
    const { events = [], atMs = 0 } = this.#journal?.(this.#state, change) ?? {};
    const state = { ...change, log: appendToLog(change.log, events, atMs) };
    const generation = record.generation + 1;
    const { bytes, name } = encodeSnapshot(record, { generation, follows: record.snapshot, state });
    const slot: Slot = this.#slot === 0 ? 1 : 0;
    this.#nvm.write(slot, bytes);
    this.#fuses.advance(generation, name);
    const before = this.#state;
    this.#state = state;
    this.#slot = slot;
    for (const watcher of this.#watchers) watcher(before, state);
  }
}

/** Undefined when there are none, or when the very first record was cut short: nothing had been sealed with it. */
function openFuses(storage: SlotStorage, isMemoryEmpty: boolean): Fuses | undefined {
  try {
    return Fuses.open(storage);
  } catch (error) {
    if (isMemoryEmpty && error instanceof KeystileError && error.code === 'KS-C134') return undefined;
    throw error;
  }
}

function newFuses({ fuses, random }: MemoryPorts, isMemoryEmpty: boolean): Fuses {
  if (!isMemoryEmpty) throw new KeystileError('KS-C133', 'the NVM folder holds a memory and there is no fuse file');
  return Fuses.burn(fuses, random);
}

/** The slot of the current snapshot; undefined when there has never been one. */
function currentSlot(fuses: FuseRecord, opened: readonly (OpenedSnapshot | undefined)[]): Slot | undefined {
  for (const slot of slots) {
    const each = opened[slot];
    if (each?.kind !== 'whole') continue;
    const isCurrent = each.generation === fuses.generation && equalPublicBytes(each.name, fuses.snapshot);
    const isNext = each.generation === fuses.generation + 1 && equalPublicBytes(each.follows, fuses.snapshot);
    const isSuperseded = opened.some((other) => other?.kind === 'whole' && follows(other, each));
    if ((isCurrent && !isSuperseded) || isNext) return slot;
  }
  if (fuses.generation === 0 && opened.every((each) => each?.kind !== 'foreign')) return undefined;
  throw refusal(fuses, opened);
}

const slots: readonly Slot[] = [0, 1];

function follows(
  one: Extract<OpenedSnapshot, { kind: 'whole' }>,
  other: Extract<OpenedSnapshot, { kind: 'whole' }>,
): boolean {
  return one.generation === other.generation + 1 && equalPublicBytes(one.follows, other.name);
}

function refusal(fuses: FuseRecord, opened: readonly (OpenedSnapshot | undefined)[]): KeystileError {
  if (opened.some((each) => each?.kind === 'foreign')) {
    return new KeystileError('KS-C130', 'the NVM folder was sealed by a part with other fuses');
  }
  if (opened.some((each) => each?.kind === 'damaged')) {
    return new KeystileError('KS-C132', `generation ${fuses.generation} of the memory fails its authentication`);
  }
  const newest = Math.max(0, ...opened.map((each) => (each?.kind === 'whole' ? each.generation : 0)));
  return new KeystileError(
    'KS-C131',
    `the NVM folder holds generation ${newest}, the fuse file counts ${fuses.generation}`,
  );
}
