import type { LogEventName } from '@keystile/link';
import type { PartMemory } from '../memory/part-memory.ts';
import type { PoweredClock } from '../ports.ts';
import type { LogEvent } from './log-event.ts';

/**
 * What waits to be written to the log. A host can cause such events as often as it likes, so they are counted here and
 * written with the next change of the memory, or on their own after a while: six writes an hour at most. What waits is
 * lost with the power; what must not be is recorded at once.
 */
const FLUSH_INTERVAL_MS = 600_000;
/** Different events that wait: as many as there are kinds of refusal in a bad hour, and no more than fits one write. */
const WAITING_MAX = 24;

export class LogKeeper {
  readonly #memory: PartMemory;
  readonly #poweredMs: PoweredClock;
  #waiting = new Map<string, LogEvent>();
  #writtenAtMs: number;

  constructor(memory: PartMemory, poweredMs: PoweredClock) {
    this.#memory = memory;
    this.#poweredMs = poweredMs;
    this.#writtenAtMs = poweredMs();
  }

  /** What waits, for whoever writes the memory now; {@link LogKeeper.written} follows once it is lasting. */
  get waiting(): readonly LogEvent[] {
    return [...this.#waiting.values()];
  }

  written(): void {
    this.#waiting.clear();
    this.#writtenAtMs = this.#poweredMs();
  }

  /** Tells of an event with the next write. */
  note(event: LogEventName, detail: string): void {
    const key = `${event} ${detail}`;
    const known = this.#waiting.get(key);
    if (known === undefined && this.#waiting.size >= WAITING_MAX && event !== 'more-refused') {
      return this.note('more-refused', '');
    }
    this.#waiting.set(key, { event, detail, count: (known?.count ?? 0) + 1 });
  }

  /** Tells of an event now: for what happens at most once a reset. */
  record(event: LogEventName, detail: string): void {
    this.note(event, detail);
    this.#memory.writeLog();
  }

  /** Writes what has waited long enough. */
  flushDue(): void {
    if (this.#waiting.size === 0 || this.#poweredMs() - this.#writtenAtMs < FLUSH_INTERVAL_MS) return;
    this.#memory.writeLog();
  }
}
