import { type Clock, MINUTE_MS } from '../state/clock.ts';

/** A device asks once at its start and a few times a day; this many in a minute is a device in a restart loop. */
const REQUESTS_PER_MINUTE = 6;
/** Devices remembered at once: those of the last minute. More than a fleet of one authority asks in a minute. */
const DEVICES_MAX = 10_000;

/** Counts the requests of each device in the running minute. */
export class RequestLimit {
  readonly #now: Clock;
  #counts = new Map<string, number>();
  #minute = 0;

  constructor(now: Clock) {
    this.#now = now;
  }

  /** False when this request is one too many. */
  admit(device: string): boolean {
    const minute = Math.floor(this.#now() / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#counts = new Map();
    }
    const count = (this.#counts.get(device) ?? 0) + 1;
    if (count === 1 && this.#counts.size >= DEVICES_MAX) return false;
    this.#counts.set(device, count);
    return count <= REQUESTS_PER_MINUTE;
  }
}
