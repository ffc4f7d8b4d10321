import { concatBytes } from '@keystile/bytes';
import type { Random } from '../../random.ts';
import { anyRecord } from './sealing.ts';
import type { Mutated, WireRecord } from './utterance.ts';

/** A flight after its encryption, as the bytes of its records, one change made. `donor`: the same of another session. */
export function mutateRecords(
  random: Random,
  records: readonly Uint8Array[],
  donor: readonly WireRecord[],
): Mutated<readonly Uint8Array[]> {
  const change = random.pick(changes);
  const at = random.below(records.length);
  const record = records[at];
  if (record === undefined || record.length < HEADER_LENGTH) return { what: 'nothing is left', result: records };
  return change({ random, records, donor, at, record });
}

const HEADER_LENGTH = 5;

interface Place {
  readonly random: Random;
  readonly records: readonly Uint8Array[];
  readonly donor: readonly WireRecord[];
  readonly at: number;
  readonly record: Uint8Array;
}

type Change = (place: Place) => Mutated<readonly Uint8Array[]>;

const changes: readonly [Change, ...Change[]] = [
  flippedBit,
  flippedBit,
  flippedBit,
  otherHeader,
  otherHeader,
  otherLength,
  cut,
  extended,
  emptied,
  lastBytesLost,
  duplicated,
  deleted,
  swapped,
  replacedByAnotherSession,
  joinedByAnotherSession,
  joinedByForeigner,
  divided,
  merged,
  repeatedFlight,
];

function flippedBit({ random, records, at, record }: Place): Mutated<readonly Uint8Array[]> {
  const byte = random.below(record.length);
  const bit = random.below(8);
  const what = `record ${at}: bit ${bit} of byte ${byte} flipped`;
  return { what, result: records.with(at, record.with(byte, (record[byte] ?? 0) ^ (1 << bit))) };
}

function otherHeader({ random, records, at, record }: Place): Mutated<readonly Uint8Array[]> {
  const byte = random.below(5);
  const value = random.pick([0, 1, 2, 3, 4, 20, 21, 22, 23, 24, 64, 65, 128, 255]);
  return { what: `record ${at}: byte ${byte} set to ${value}`, result: records.with(at, record.with(byte, value)) };
}

function otherLength({ random, records, at, record }: Place): Mutated<readonly Uint8Array[]> {
  const length = Math.max(0, record.length - 5 + random.pick([-16, -2, -1, 1, 2, 16, 256]));
  return {
    what: `record ${at}: said to be ${length} bytes long`,
    result: records.with(at, withLength(record, length)),
  };
}

/** The header tells the truth about what is left. */
function cut({ random, records, at, record }: Place): Mutated<readonly Uint8Array[]> {
  const length = random.below(Math.max(1, record.length - 5));
  const what = `record ${at}: cut to ${length} bytes`;
  return { what, result: records.with(at, withLength(record.slice(0, 5 + length), length)) };
}

function extended({ random, records, at, record }: Place): Mutated<readonly Uint8Array[]> {
  const more = new Uint8Array(1 + random.below(32)).fill(random.below(256));
  const what = `record ${at}: ${more.length} bytes added`;
  return { what, result: records.with(at, withLength(concatBytes(record, more), record.length - 5 + more.length)) };
}

function emptied({ records, at, record }: Place): Mutated<readonly Uint8Array[]> {
  return { what: `record ${at}: emptied`, result: records.with(at, withLength(record.slice(0, 5), 0)) };
}

/** The stream breaks here and goes on with the next record. */
function lastBytesLost({ random, records, at, record }: Place): Mutated<readonly Uint8Array[]> {
  const length = random.below(record.length);
  return { what: `record ${at}: lost from byte ${length} on`, result: records.with(at, record.slice(0, length)) };
}

function duplicated({ records, at, record }: Place): Mutated<readonly Uint8Array[]> {
  return { what: `record ${at} twice`, result: records.toSpliced(at, 0, record) };
}

function deleted({ records, at }: Place): Mutated<readonly Uint8Array[]> {
  return { what: `record ${at} left out`, result: records.toSpliced(at, 1) };
}

function swapped({ random, records, at, record }: Place): Mutated<readonly Uint8Array[]> {
  const other = random.below(records.length);
  const result = records.with(at, records[other] ?? record).with(other, record);
  return { what: `records ${at} and ${other} swapped`, result };
}

function replacedByAnotherSession({ random, records, donor, at, record }: Place): Mutated<readonly Uint8Array[]> {
  const other = random.below(donor.length);
  const what = `record ${at} replaced by record ${other} of another session`;
  return { what, result: records.with(at, donor[other]?.bytes ?? record) };
}

function joinedByAnotherSession({ random, records, donor, at, record }: Place): Mutated<readonly Uint8Array[]> {
  const other = random.below(donor.length);
  const what = `record ${other} of another session before record ${at}`;
  return { what, result: records.toSpliced(at, 0, donor[other]?.bytes ?? record) };
}

function joinedByForeigner({ random, records, at }: Place): Mutated<readonly Uint8Array[]> {
  const type = random.pick([20, 20, 20, 21, 21, 22, 23, 23, 0, 24, 255]);
  const content = random.pick(foreignContents);
  const what = `a record of type ${type} with ${content.length} bytes in the clear before record ${at}`;
  return { what, result: records.toSpliced(at, 0, anyRecord(type, content)) };
}

const foreignContents: readonly [Uint8Array, ...Uint8Array[]] = [
  Uint8Array.of(1),
  new Uint8Array(0),
  Uint8Array.of(1, 0),
  Uint8Array.of(1, 90),
  Uint8Array.of(2, 40),
  Uint8Array.of(0, 0, 0, 0),
  new Uint8Array(40),
  new Uint8Array(16_385),
];

/** In the clear that is another way of saying the same. */
function divided({ random, records, at, record }: Place): Mutated<readonly Uint8Array[]> {
  const payload = record.subarray(5);
  const middle = random.below(payload.length + 1);
  const parts = [payload.subarray(0, middle), payload.subarray(middle)];
  const what = `record ${at} divided at ${middle}`;
  return { what, result: records.toSpliced(at, 1, ...parts.map((part) => anyRecord(record[0] ?? 0, part))) };
}

function merged({ records, at, record }: Place): Mutated<readonly Uint8Array[]> {
  const next = records[at + 1] ?? new Uint8Array(5);
  const one = anyRecord(record[0] ?? 0, concatBytes(record.subarray(5), next.subarray(5)));
  return { what: `record ${at} merged with the next`, result: records.toSpliced(at, 2, one) };
}

function repeatedFlight({ records }: Place): Mutated<readonly Uint8Array[]> {
  return { what: 'the flight twice', result: [...records, ...records] };
}

function withLength(record: Uint8Array, length: number): Uint8Array {
  const changed = record.slice();
  changed.set([(length >>> 8) & 0xff, length & 0xff], 3);
  return changed;
}
