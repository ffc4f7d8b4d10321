import { TokenBucket } from '../../token-bucket.ts';

export interface AcceptPaceOptions<Item> {
  readonly perSecond: number;
  /** An event loop that is later than this is busy enough: then one at a time begins. */
  readonly lagMsMax: number;
  /** Nobody waits longer than this. */
  readonly waitMsMax: number;
  readonly pass: (item: Item) => void;
  readonly turnAway: (item: Item) => void;
}

/**
 * Lets connections begin at a steady pace, before they cost a TLS handshake: when a whole fleet comes back at once, the
 * clients that are connected are served between its handshakes. What comes too fast waits in line, in order, and not for
 * longer than a handshake may take; who could not be served in that time is turned away at once.
 *
 *   enter ──► nobody waits and a token is there? ──► pass
 *                     └ no ─► line, bounded ─► every few milliseconds: as many as there are tokens
 */
export class AcceptPace<Item> {
  readonly #options: AcceptPaceOptions<Item>;
  readonly #bucket: TokenBucket;
  readonly #lineMax: number;
  #line: { readonly item: Item; readonly sinceMs: number }[] = [];
  #turn: NodeJS.Timeout | undefined;
  #dueAtMs = 0;

  constructor(options: AcceptPaceOptions<Item>) {
    this.#options = options;
    const { perSecond, waitMsMax } = options;
    this.#bucket = new TokenBucket(perSecond, Math.max(1, Math.floor(perSecond / BURSTS_PER_SECOND)));
    this.#lineMax = Math.max(1, Math.floor((perSecond * waitMsMax) / 1000));
  }

  get waiting(): number {
    return this.#line.length;
  }

  enter(item: Item): void {
    const nowMs = performance.now();
    if (this.#line.length >= this.#lineMax) return this.#options.turnAway(item);
    if (this.#line.length === 0 && this.#bucket.available(nowMs) > 0) {
      this.#bucket.take(1, nowMs);
      return this.#options.pass(item);
    }
    this.#line.push({ item, sinceMs: nowMs });
    if (this.#turn === undefined) this.#schedule(nowMs);
  }

  /** Turns away who waits. */
  close(): void {
    clearTimeout(this.#turn);
    this.#turn = undefined;
    for (const { item } of this.#line.splice(0)) this.#options.turnAway(item);
  }

  #schedule(nowMs: number): void {
    this.#dueAtMs = nowMs + TURN_MS;
    this.#turn = setTimeout(() => this.#takeTurn(), TURN_MS);
  }

  #takeTurn(): void {
    this.#turn = undefined;
    const nowMs = performance.now();
    const isLate = nowMs - this.#dueAtMs > this.#options.lagMsMax;
    const tokens = this.#bucket.available(nowMs);
    const count = isLate ? Math.min(1, tokens) : tokens;
    const next = this.#line.splice(0, count);
    this.#bucket.take(next.length, nowMs);
    for (const { item, sinceMs } of next) {
      if (nowMs - sinceMs > this.#options.waitMsMax) this.#options.turnAway(item);
      else this.#options.pass(item);
    }
    if (this.#line.length > 0) this.#schedule(performance.now());
  }
}

/** A burst is this part of a second's worth: a second's worth at once would be a second without anything else. */
const BURSTS_PER_SECOND = 10;
/** Short against what a handshake takes a client, long against a timer. */
const TURN_MS = 10;
