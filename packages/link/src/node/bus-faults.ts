import { KeystileError } from '@keystile/errors';

/**
 * What disturbs a virtual bus: how often a frame, in either direction, suffers what. The seed decides which frames
 * those are: the same exchanges over the same seed meet the same faults.
 */
export interface BusFaultRates {
  readonly seed: number;
  /** One bit of the frame is inverted. */
  readonly flip: number;
  /** It never arrives. */
  readonly drop: number;
  /** It arrives {@link STALL_MS} later. */
  readonly stall: number;
  /** It arrives twice; a reply the second time before the next one. */
  readonly duplicate: number;
}

const kinds = ['flip', 'drop', 'stall', 'duplicate'] as const;
export type BusFault = (typeof kinds)[number];

/** Long beside every exchange, and short beside the time after which a host takes a reply for lost. */
export const STALL_MS = 50;
const SEED_MAX = 0xffff_ffff;

/** Reads `seed=7,flip=0.01,drop=0.005,stall=0.01,duplicate=0.01`; what is not named never happens. Throws `KS-L130`. */
export function parseBusFaults(text: string): BusFaultRates {
  const rates = { seed: 0, flip: 0, drop: 0, stall: 0, duplicate: 0 };
  for (const pair of text.split(',')) {
    const [, name = '', value = ''] = /^([a-z]+)=([0-9]+(?:\.[0-9]+)?)$/.exec(pair) ?? [];
    if (!isRate(name)) throw new KeystileError('KS-L130', `'${pair}' is none of seed=N and ${kinds.join('=…, ')}=…`);
    rates[name] = Number(value);
  }
  if (!Number.isInteger(rates.seed) || rates.seed > SEED_MAX) {
    throw new KeystileError('KS-L130', `the seed is a whole number up to ${SEED_MAX}`);
  }
  const sum = kinds.reduce((total, kind) => total + rates[kind], 0);
  if (sum > 1) throw new KeystileError('KS-L130', `the rates add up to ${sum}: a frame suffers one of them at most`);
  return rates;
}

function isRate(name: string): name is keyof BusFaultRates {
  return name === 'seed' || kinds.some((kind) => kind === name);
}

/** The faults of one master's frames, one after the other. */
export class BusFaults {
  readonly #rates: BusFaultRates;
  #state: number;

  /** `master`: whose frames, counted from 0: each has a sequence of faults of its own. */
  constructor(rates: BusFaultRates, master: number) {
    this.#rates = rates;
    this.#state = (rates.seed ^ Math.imul(master + 1, 0x9e3779b9)) >>> 0;
  }

  /** What the next frame suffers. */
  next(): BusFault | undefined {
    let chance = this.#random();
    for (const kind of kinds) {
      if (chance < this.#rates[kind]) return kind;
      chance -= this.#rates[kind];
    }
    return undefined;
  }

  /** The frame with one bit inverted. */
  flipped(frame: Uint8Array): Uint8Array {
    const damaged = frame.slice();
    const bit = Math.floor(this.#random() * damaged.length * 8);
    const at = bit >> 3;
    damaged[at] = (damaged[at] ?? 0) ^ (1 << (bit & 7));
    return damaged;
  }

  /** From 0 to 1, by Mulberry32: good enough to choose frames by, and the same everywhere. */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  }
}
