import type { BrokerEvent } from '../log.ts';
import type { ProgramLog } from './log.ts';

/** How often each event happened with each code: counted before the log folds any of them away. */
export interface EventCount {
  readonly event: BrokerEvent['event'];
  /** `none` for an event without one. */
  readonly code: string;
  readonly count: number;
}

/** A log that counts; codes are those of the catalogue, so there is a bound to how many counts there are. */
export class CountingLog implements ProgramLog {
  readonly #log: ProgramLog;
  readonly #counts = new Map<string, number>();
  #faults = 0;

  constructor(log: ProgramLog) {
    this.#log = log;
  }

  readonly event = (event: BrokerEvent): void => {
    const key = `${event.event} ${event.code ?? 'none'}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    this.#log.event(event);
  };

  readonly fault: ProgramLog['fault'] = (code, sentence, cause) => {
    this.#faults += 1;
    this.#log.fault(code, sentence, cause);
  };

  get faults(): number {
    return this.#faults;
  }

  get counts(): readonly EventCount[] {
    return Array.from(this.#counts, ([key, count]) => {
      const [event = '', code = ''] = key.split(' ');
      return { event: event as BrokerEvent['event'], code, count };
    });
  }
}
