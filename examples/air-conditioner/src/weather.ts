/**
 * The world outside the room: outdoor temperature, sun and what people give off, as pure functions of time and a seed.
 *
 * A warm temperate summer: hot afternoons, cool nights. The same seed and instant always give the same value, whatever
 * was asked before. It is not a forecast and knows no season.
 */

export interface Weather {
  /** Air temperature outdoors in °C. */
  readonly outdoor: number;
  /** Heat into the room that the machine does not make: sun through the window, people, appliances. Watts. */
  readonly gainsW: number;
}

const HOUR_MS = 3_600_000;

/** Daily mean and half swing of the outdoor temperature in °C. */
const MEAN_C = 27;
const SWING_C = 6;
/** The hottest hour: three hours after the sun's highest point. */
const HOTTEST_HOUR = 15;
/** How far an hour may lie off the smooth curve, in °C. */
const GUST_C = 1.2;

/** Through a window of about 2 m² at noon without clouds, in watts. */
const SUN_W = 420;
/** Two people at rest, a lamp and a screen, in watts. */
const INDOOR_GAINS_W = 220;

/** `timeMs` counts from 1970, UTC; the hour of day is taken from it as it is. */
export function weatherAt(timeMs: number, seed: number): Weather {
  const hour = (timeMs / HOUR_MS) % 24;
  const daily = Math.cos((2 * Math.PI * (hour - HOTTEST_HOUR)) / 24);
  const height = Math.max(0, Math.sin((Math.PI * (hour - 6)) / 12));
  const clear = 0.5 + 0.5 * smoothNoise(timeMs / HOUR_MS, seed + 1);
  return {
    outdoor: MEAN_C + SWING_C * daily + GUST_C * smoothNoise(timeMs / HOUR_MS, seed),
    gainsW: INDOOR_GAINS_W + SUN_W * height * clear,
  };
}

/** Between −1 and 1, one random value for each integer, joined by half cosines. */
function smoothNoise(at: number, seed: number): number {
  const before = Math.floor(at);
  const weight = (1 - Math.cos(Math.PI * (at - before))) / 2;
  return noise(before, seed) * (1 - weight) + noise(before + 1, seed) * weight;
}

/** A 32-bit integer hash (two xor-shift-multiply rounds), mapped to −1 … 1. Not for secrets. */
function noise(position: number, seed: number): number {
  let word = (Math.imul(position, 0x9e3779b1) ^ Math.imul(seed, 0x85ebca77)) >>> 0;
  word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
  word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
  return ((word ^ (word >>> 15)) >>> 0) / 0x7fffffff - 1;
}
