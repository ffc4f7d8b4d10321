import { concatBytes } from '@keystile/bytes';
import type { Random } from '../../random.ts';
import { type ContentType, type Mutated, nameOf, type Utterance } from './utterance.ts';

/** A flight before its encryption, one change made. `donor`: the same flight of another session. */
export function mutateMessages(
  random: Random,
  flight: readonly Utterance[],
  donor: readonly Utterance[],
): Mutated<readonly Utterance[]> {
  const change = random.pick(changes);
  const at = random.below(flight.length);
  const utterance = flight[at];
  // An earlier change may have left nothing of it.
  if (utterance === undefined || utterance.bytes.length === 0) return { what: 'nothing is left', result: flight };
  return change({ random, flight, donor, at, utterance });
}

interface Place {
  readonly random: Random;
  readonly flight: readonly Utterance[];
  readonly donor: readonly Utterance[];
  readonly at: number;
  /** The one at that place. */
  readonly utterance: Utterance;
}

type Change = (place: Place) => Mutated<readonly Utterance[]>;

/** Changes of bytes stand here more than once: there are so many more of them. */
const changes: readonly [Change, ...Change[]] = [
  ofBytes(flippedBit),
  ofBytes(flippedBit),
  ofBytes(flippedBit),
  ofBytes(otherByte),
  ofBytes(otherByte),
  ofBytes(otherLength),
  ofBytes(otherLength),
  ofBytes(cut),
  ofBytes(extended),
  ofBytes(withoutSpan),
  ofBytes(withSpanTwice),
  ofBytes(emptied),
  ofBytes(renamed),
  ofBytes(wronglyLong),
  duplicated,
  deleted,
  swapped,
  moved,
  replacedByAnotherSession,
  joinedByAnotherSession,
  joinedByForeigner,
  retyped,
];

type BytesChange = (random: Random, bytes: Uint8Array) => { readonly how: string; readonly bytes: Uint8Array };

function ofBytes(change: BytesChange): Change {
  return ({ random, flight, at, utterance }) => {
    const { how, bytes } = change(random, utterance.bytes);
    return { what: `${nameOf(utterance)}: ${how}`, result: flight.with(at, { ...utterance, bytes }) };
  };
}

function flippedBit(random: Random, bytes: Uint8Array): ReturnType<BytesChange> {
  const at = random.below(bytes.length);
  const bit = random.below(8);
  return { how: `bit ${bit} of byte ${at} flipped`, bytes: bytes.with(at, (bytes[at] ?? 0) ^ (1 << bit)) };
}

function otherByte(random: Random, bytes: Uint8Array): ReturnType<BytesChange> {
  const at = random.below(bytes.length);
  const value = random.pick([0, 1, 127, 128, 255, random.below(256)]);
  return { how: `byte ${at} set to ${value}`, bytes: bytes.with(at, value) };
}

/** Any two bytes may be a length: some are. */
function otherLength(random: Random, bytes: Uint8Array): ReturnType<BytesChange> {
  const at = random.below(Math.max(1, bytes.length - 1));
  const by = random.pick([-2, -1, 1, 2, 256, -256, 32_768]);
  const value = (((bytes[at] ?? 0) << 8) + (bytes[at + 1] ?? 0) + by) & 0xffff;
  const changed = bytes.slice();
  changed.set([value >>> 8, value & 0xff].slice(0, bytes.length - at), at);
  return { how: `the two bytes at ${at} changed by ${by}`, bytes: changed };
}

function cut(random: Random, bytes: Uint8Array): ReturnType<BytesChange> {
  const length = random.below(bytes.length);
  return fitted(random, bytes.slice(0, length), `cut to ${length} bytes`);
}

function extended(random: Random, bytes: Uint8Array): ReturnType<BytesChange> {
  const more = new Uint8Array(1 + random.below(40)).fill(random.below(256));
  return fitted(random, concatBytes(bytes, more), `${more.length} bytes added`);
}

function withoutSpan(random: Random, bytes: Uint8Array): ReturnType<BytesChange> {
  const from = random.below(bytes.length);
  const to = Math.min(bytes.length, from + 1 + random.below(40));
  return fitted(random, concatBytes(bytes.slice(0, from), bytes.slice(to)), `bytes ${from} to ${to} left out`);
}

function withSpanTwice(random: Random, bytes: Uint8Array): ReturnType<BytesChange> {
  const from = random.below(bytes.length);
  const to = Math.min(bytes.length, from + 1 + random.below(40));
  return fitted(random, concatBytes(bytes.slice(0, to), bytes.slice(from)), `bytes ${from} to ${to} said twice`);
}

function emptied(random: Random, bytes: Uint8Array): ReturnType<BytesChange> {
  return fitted(random, bytes.slice(0, 4), 'emptied');
}

function renamed(random: Random, bytes: Uint8Array): ReturnType<BytesChange> {
  const type = random.pick([0, 1, 2, 4, 8, 11, 12, 13, 14, 15, 16, 20, 22, 24, 254, random.below(256)]);
  return { how: `called message ${type}`, bytes: bytes.with(0, type) };
}

function wronglyLong(random: Random, bytes: Uint8Array): ReturnType<BytesChange> {
  const length = random.pick([0, 1, bytes.length - 5, bytes.length - 3, 16_384, 65_535, 65_536, 0xffffff]);
  return { how: `said to be ${length} bytes long`, bytes: withLength(bytes, length) };
}

/** Half of the time with a header that tells the new length. */
function fitted(random: Random, bytes: Uint8Array, how: string): ReturnType<BytesChange> {
  if (random.below(2) === 0) return { how, bytes };
  return { how: `${how}, and the length with it`, bytes: withLength(bytes, Math.max(0, bytes.length - 4)) };
}

function withLength(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length < 4) return bytes;
  const changed = bytes.slice();
  changed.set([(length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff], 1);
  return changed;
}

function duplicated({ flight, at, utterance }: Place): Mutated<readonly Utterance[]> {
  return { what: `${nameOf(utterance)} twice`, result: flight.toSpliced(at, 0, utterance) };
}

function deleted({ flight, at, utterance }: Place): Mutated<readonly Utterance[]> {
  return { what: `${nameOf(utterance)} left out`, result: flight.toSpliced(at, 1) };
}

/** The keys stay where they are: what was swapped is correctly encrypted for its new place. */
function swapped({ random, flight, at, utterance }: Place): Mutated<readonly Utterance[]> {
  const other = random.below(flight.length);
  const second = flight[other] ?? utterance;
  const result = flight.with(at, { ...second, keys: utterance.keys }).with(other, { ...utterance, keys: second.keys });
  return { what: `${nameOf(utterance)} and ${nameOf(second)} swapped`, result };
}

function moved({ random, flight, at, utterance }: Place): Mutated<readonly Utterance[]> {
  const to = random.below(flight.length);
  const keys = flight[to]?.keys ?? utterance.keys;
  const result = flight.toSpliced(at, 1).toSpliced(to, 0, { ...utterance, keys });
  return { what: `${nameOf(utterance)} moved to place ${to}`, result };
}

function replacedByAnotherSession({ random, flight, donor, at, utterance }: Place): Mutated<readonly Utterance[]> {
  const other = donor[random.below(2) === 0 ? Math.min(at, donor.length - 1) : random.below(donor.length)] ?? utterance;
  const what = `${nameOf(utterance)} replaced by ${nameOf(other)} of another session`;
  return { what, result: flight.with(at, { ...other, keys: utterance.keys }) };
}

function joinedByAnotherSession({ random, flight, donor, at, utterance }: Place): Mutated<readonly Utterance[]> {
  const other = donor[random.below(donor.length)] ?? utterance;
  const what = `${nameOf(other)} of another session before ${nameOf(utterance)}`;
  return { what, result: flight.toSpliced(at, 0, { ...other, keys: utterance.keys }) };
}

/** A message that belongs nowhere in the flight, well formed or not. */
function joinedByForeigner({ random, flight, at, utterance }: Place): Mutated<readonly Utterance[]> {
  const body = new Uint8Array(random.pick([0, 1, 2, 4, 32, 300]));
  const type = random.pick([0, 4, 5, 22, 24, 67, 254, random.below(256)]);
  const bytes = concatBytes(Uint8Array.of(type, 0, body.length >>> 8, body.length & 0xff), body);
  const what = `message ${type} of ${body.length} zeros before ${nameOf(utterance)}`;
  return { what, result: flight.toSpliced(at, 0, { type: 'handshake', bytes, keys: utterance.keys }) };
}

function retyped({ random, flight, at, utterance }: Place): Mutated<readonly Utterance[]> {
  const type = random.pick<ContentType>(['change_cipher_spec', 'alert', 'handshake', 'application_data']);
  return { what: `${nameOf(utterance)} as ${type}`, result: flight.with(at, { ...utterance, type }) };
}
