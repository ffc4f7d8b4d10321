import { equalPublicBytes } from '@keystile/bytes';
import { type TimeToken, timeToken } from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import type { PartMemory } from '../memory/part-memory.ts';
import type { PoweredClock, RandomSource } from '../ports.ts';

/**
 * What the part knows of the time of day: a floor that rests in the memory, and powered time on top of it. The true
 * time is never before `nowMs`; how much later it is, the part cannot know. It takes nobody's word for it but that of
 * the time key, over its own serial number and a nonce of its own.
 */
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** One false token must not be able to expire everything that a device trusts. */
const TOKEN_STEP_MAX_MS = 400 * DAY_MS;
/** A certificate that a trusted CA has dated ahead proves that time has passed, within the life of short certificates. */
const CERTIFICATE_STEP_MAX_MS = 90 * DAY_MS;
const NONCE_LENGTH = 16;

export class PartTime {
  readonly #memory: PartMemory;
  readonly #poweredMs: PoweredClock;
  /** When `nowMs` was last fixed, and at what. */
  #anchor: { readonly poweredMs: number; readonly nowMs: number };
  #challenge: { readonly nonce: Uint8Array; readonly atMs: number } | undefined;
  /**
   * Powered time of the challenge that the last token answers. A token states a time after its challenge, so that this is
   * how wrong the part may be: the host can hold a token back, and cannot make it younger.
   */
  #tokenAtMs: number | undefined;

  constructor(memory: PartMemory, poweredMs: PoweredClock) {
    this.#memory = memory;
    this.#poweredMs = poweredMs;
    this.#anchor = { poweredMs: poweredMs(), nowMs: memory.state.timeFloorMs };
  }

  /** Milliseconds since 1970, UTC: the least that the time can be. */
  get nowMs(): number {
    return Math.floor(this.#anchor.nowMs + this.#poweredMs() - this.#anchor.poweredMs);
  }

  /** Up to here a verified certificate may move the time. */
  get certificateLimitMs(): number {
    return this.#memory.state.lastTokenMs + CERTIFICATE_STEP_MAX_MS;
  }

  /** The nonce that the next token must carry; an earlier one no longer counts. */
  challenge(random: RandomSource): Uint8Array {
    const nonce = random(NONCE_LENGTH);
    this.#challenge = { nonce, atMs: this.#poweredMs() };
    return nonce;
  }

  forgetChallenge(): void {
    this.#challenge = undefined;
  }

  /** Whether the last token answers a challenge of at most this many powered hours ago: then `nowMs` is the time, and no longer only a lower bound. */
  isFresh(ageHoursMax: number): boolean {
    const age = this.#tokenAgeMs;
    return age !== undefined && age <= ageHoursMax * HOUR_MS;
  }

  /** Throws `KS-C155` unless the last token is at most this many powered hours old; 0 demands none. */
  demandToken(ageHoursMax: number): void {
    if (ageHoursMax === 0 || this.isFresh(ageHoursMax)) return;
    const age = this.#tokenAgeMs;
    const held = age === undefined ? 'none since it got power' : `one of ${Math.floor(age / HOUR_MS)} hours ago`;
    throw new KeystileError('KS-C155', `a token of at most ${ageHoursMax} hours is needed, the part has ${held}`);
  }

  /** Checks a token and says what time it states. Nothing changes before {@link PartTime.accept}. */
  check(token: Uint8Array): TimeToken {
    const stated = verified(token, this.#timeKey());
    const { serial, timeFloorMs } = this.#memory.state;
    if (stated.serial !== serial) {
      throw new KeystileError('KS-C150', `the token is for part ${stated.serial}, this is ${serial}`);
    }
    if (this.#challenge === undefined || !equalPublicBytes(stated.nonce, this.#challenge.nonce)) {
      throw new KeystileError('KS-C151', 'the token does not carry the nonce of the last challenge, or it was used');
    }
    if (stated.utcMs < timeFloorMs) {
      throw new KeystileError('KS-C152', `the token states ${iso(stated.utcMs)}, the floor is ${iso(timeFloorMs)}`);
    }
    // The first token, in the factory, has no floor to be measured against.
    if (timeFloorMs > 0 && stated.utcMs > this.nowMs + TOKEN_STEP_MAX_MS) {
      throw new KeystileError(
        'KS-C153',
        `the token states ${iso(stated.utcMs)}, the part's time is ${iso(this.nowMs)}`,
      );
    }
    return stated;
  }

  /** What of the memory a checked token changes: the floor never falls behind what the part knew already. */
  floorAfter({ utcMs }: TimeToken): { readonly timeFloorMs: number; readonly lastTokenMs: number } {
    const { timeFloorMs, lastTokenMs } = this.#memory.state;
    return {
      timeFloorMs: Math.max(utcMs, timeFloorMs === 0 ? 0 : this.nowMs),
      lastTokenMs: Math.max(utcMs, lastTokenMs),
    };
  }

  /** After the floor was written: the nonce is used up, powered time counts from here. */
  accept(timeFloorMs: number): void {
    const poweredMs = this.#poweredMs();
    this.#tokenAtMs = this.#challenge?.atMs ?? poweredMs;
    this.#challenge = undefined;
    this.#anchor = { poweredMs, nowMs: timeFloorMs };
  }

  /**
   * A certificate of a verified path shows that the time is at least this. Where `mayWrite` is false, it is known until the
   * power goes: a server that dates each certificate a little later must not wear the memory out.
   */
  raiseByCertificate(provenMs: number, mayWrite: boolean): void {
    if (provenMs <= this.nowMs || provenMs > this.certificateLimitMs) return;
    // Nothing is written to a tampered part any more; it lives on with the floor that it has.
    if (this.#memory.tamperCause !== undefined) return;
    if (mayWrite) this.#memory.commit((state) => ({ ...state, timeFloorMs: provenMs }));
    this.#anchor = { poweredMs: this.#poweredMs(), nowMs: provenMs };
  }

  /** Powered time since the challenge of the last token; undefined when none came since the part got power. */
  get #tokenAgeMs(): number | undefined {
    return this.#tokenAtMs === undefined ? undefined : this.#poweredMs() - this.#tokenAtMs;
  }

  #timeKey(): Uint8Array {
    const key = this.#memory.state.objects.get('time-key');
    if (key === undefined) throw new KeystileError('KS-C140', 'the part holds no time key');
    return key;
  }
}

function verified(token: Uint8Array, key: Uint8Array): TimeToken {
  try {
    return timeToken.verify(token, key);
  } catch (cause) {
    if (cause instanceof KeystileError)
      throw new KeystileError('KS-C154', `${cause.detail} (${cause.code})`, { cause });
    throw cause;
  }
}

/** Past the year 275760 a Date has no text, and a token may state what it likes. */
function iso(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms} ms after 1970` : date.toISOString();
}
