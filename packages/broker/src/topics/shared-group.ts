import { GROUP_STEPS_MAX } from '../limits.ts';

/** What a member can do with the next message, the best first; `barred` gets it in no case. */
const standings = ['ready', 'busy', 'absent', 'barred'] as const;
export type Standing = (typeof standings)[number];

interface Place<Member> {
  readonly key: string;
  readonly member: Member;
}

/**
 * The members of one shared subscription (MQTT 5.0 §4.8.2). Each message goes to one of them, in turn; a member that can
 * take it now comes before one whose connection is busy, and that before one that is away and would only queue it.
 *
 * The members sit in a circle. A message asks no more than `GROUP_STEPS_MAX` of them, so that a large group of sleepers
 * costs a publisher no more than a small one. Whoever leaves is replaced by the last.
 */
export class SharedGroup<Member> {
  readonly #circle: Place<Member>[] = [];
  readonly #placeOf = new Map<string, number>();
  #turn = 0;

  get size(): number {
    return this.#circle.length;
  }

  set(key: string, member: Member): void {
    const at = this.#placeOf.get(key) ?? this.#circle.length;
    this.#circle[at] = { key, member };
    this.#placeOf.set(key, at);
  }

  delete(key: string): void {
    const at = this.#placeOf.get(key);
    if (at === undefined) return;
    const last = this.#circle.pop();
    this.#placeOf.delete(key);
    if (last === undefined || at === this.#circle.length) return;
    this.#circle[at] = last;
    this.#placeOf.set(last.key, at);
  }

  /** `from` begins the round at a place of its own, modulo the size, and leaves the turn of the others alone. */
  next(standingOf: (member: Member) => Standing, from?: number): Member | undefined {
    const first = from ?? this.#turn;
    let best: { readonly at: number; readonly member: Member; readonly standing: Standing } | undefined;
    const steps = Math.min(this.size, GROUP_STEPS_MAX);
    for (let step = 0; step < steps && best?.standing !== 'ready'; step++) {
      const at = (first + step) % this.size;
      const member = this.#circle[at]?.member;
      if (member === undefined) continue;
      const standing = standingOf(member);
      if (standing !== 'barred' && (best === undefined || isBetter(standing, best.standing))) {
        best = { at, member, standing };
      }
    }
    if (from === undefined) this.#turn = best === undefined ? this.#turn + steps : best.at + 1;
    return best?.member;
  }
}

function isBetter(a: Standing, b: Standing): boolean {
  return standings.indexOf(a) < standings.indexOf(b);
}
