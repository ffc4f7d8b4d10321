import type { ByteReader } from '@keystile/bytes';
import {
  bytes16,
  decodeField,
  encodeField,
  type Field,
  fixed,
  LOG_CHAIN_LENGTH,
  type LogEntry,
  type LogSegmentName,
  logEntryFields,
  logSegmentNames,
  nextLogChain,
  record,
  u16,
  u32,
} from '@keystile/link';
import { type LogEvent, segmentOf } from './log-event.ts';

/**
 * The log as a value of the part's state: it is written with the change that it tells of, or neither is.
 *
 *   segment:  chain "evicted" │ entry │ entry │ … │ chain "settled" │ newest entry
 *
 * The chain in front of what is left stays when entries make room. The newest entry is outside the settled chain: the
 * same event again raises its count in place of taking space.
 */
export interface LogSegment {
  /** Entries that have made room. */
  readonly evicted: number;
  readonly evictedChain: Uint8Array;
  readonly settledChain: Uint8Array;
  /** As their codec has them, oldest first. */
  readonly entries: readonly Uint8Array[];
}

export interface PartLog {
  readonly nextSequence: number;
  readonly segments: Readonly<Record<LogSegmentName, LogSegment>>;
}

/** Entries of each segment: 1,024 in all (ARCHITECTURE section 8). */
export const logCapacity: Readonly<Record<LogSegmentName, number>> = {
  'life-cycle': 64,
  administration: 256,
  boot: 256,
  keys: 128,
  host: 320,
};

const U32_MAX = 0xffff_ffff;

const emptySegment: LogSegment = {
  evicted: 0,
  evictedChain: new Uint8Array(LOG_CHAIN_LENGTH),
  settledChain: new Uint8Array(LOG_CHAIN_LENGTH),
  entries: [],
};

export const emptyLog: PartLog = { nextSequence: 0, segments: segmentsOf(() => emptySegment) };

/** `atMs`: the part's time. */
export function appendToLog(log: PartLog, events: readonly LogEvent[], atMs: number): PartLog {
  const segments = { ...log.segments };
  let { nextSequence } = log;
  for (const event of events) {
    const name = segmentOf[event.event];
    const grown = foldInto(segments[name], event, atMs);
    segments[name] = grown ?? append(segments[name], newEntry(event, nextSequence, atMs), logCapacity[name]);
    // A part cannot come so far in its life; if it did, order among segments is all that would be lost.
    if (grown === undefined) nextSequence = Math.min(nextSequence + 1, U32_MAX);
  }
  return { nextSequence, segments };
}

function newEntry(event: LogEvent, sequence: number, atMs: number): Uint8Array {
  return encodeField(logEntryFields, { sequence, ...event, firstMs: atMs, lastMs: atMs });
}

/** The newest entry with a higher count, when it is of the same event; undefined when it is not. */
function foldInto(segment: LogSegment, { event, detail, count }: LogEvent, atMs: number): LogSegment | undefined {
  const newest = segment.entries.at(-1);
  if (newest === undefined) return undefined;
  const entry = decodeField(logEntryFields, newest);
  if (entry.event !== event || entry.detail !== detail) return undefined;
  const grown = { ...entry, count: Math.min(entry.count + count, U32_MAX), lastMs: Math.max(entry.lastMs, atMs) };
  return { ...segment, entries: [...segment.entries.slice(0, -1), encodeField(logEntryFields, grown)] };
}

function append(segment: LogSegment, entry: Uint8Array, capacity: number): LogSegment {
  const { entries, evicted, evictedChain } = segment;
  const settledChain = headOf(segment);
  const [oldest] = entries;
  if (entries.length < capacity || oldest === undefined) {
    return { ...segment, settledChain, entries: [...entries, entry] };
  }
  return {
    evicted: evicted + 1,
    evictedChain: nextLogChain(evictedChain, oldest),
    settledChain,
    entries: [...entries.slice(1), entry],
  };
}

/** The chain behind the newest entry. */
function headOf({ settledChain, entries }: LogSegment): Uint8Array {
  const newest = entries.at(-1);
  return newest === undefined ? settledChain : nextLogChain(settledChain, newest);
}

export interface LogExcerpt {
  readonly first: number;
  readonly before: Uint8Array;
  readonly entries: readonly LogEntry[];
  readonly more: boolean;
  readonly head: Uint8Array;
}

/** Up to `countMax` entries from number `from` on; from the oldest that is left when that one is gone. */
export function readLogSegment(segment: LogSegment, from: number, countMax: number): LogExcerpt {
  const end = segment.evicted + segment.entries.length;
  const first = Math.min(Math.max(from, segment.evicted), end);
  const skipped = segment.entries.slice(0, first - segment.evicted);
  const shown = segment.entries.slice(skipped.length, skipped.length + countMax);
  return {
    first,
    before: skipped.reduce(nextLogChain, segment.evictedChain),
    entries: shown.map((entry) => decodeField(logEntryFields, entry)),
    more: first + shown.length < end,
    head: headOf(segment),
  };
}

/** Whether the tamper event is in the log: it is told once. */
export function tellsOfTamper({ segments }: PartLog): boolean {
  return segments['life-cycle'].entries.some((entry) => decodeField(logEntryFields, entry).event === 'tampered');
}

const ENTRY_MAX = 128;
const chain = fixed(LOG_CHAIN_LENGTH);
const segmentHead = record({ evicted: u32, evictedChain: chain, settledChain: chain, count: u16 });
const storedEntry = bytes16(ENTRY_MAX);

/** How the log lies in a snapshot. Decoded entries are copies: they live longer than what was read. */
export const partLogFields: Field<PartLog> = {
  layout: 'log',
  write: (writer, log) => {
    writer.u32(log.nextSequence);
    for (const name of logSegmentNames) {
      const { entries, ...head } = log.segments[name];
      segmentHead.write(writer, { ...head, count: entries.length });
      for (const entry of entries) storedEntry.write(writer, entry);
    }
  },
  read: (reader) => ({ nextSequence: reader.u32(), segments: segmentsOf(() => readSegment(reader)) }),
};

function readSegment(reader: ByteReader): LogSegment {
  const { count, evicted, evictedChain, settledChain } = segmentHead.read(reader);
  return {
    evicted,
    evictedChain: evictedChain.slice(),
    settledChain: settledChain.slice(),
    entries: Array.from({ length: count }, () => storedEntry.read(reader).slice()),
  };
}

function segmentsOf(make: (name: LogSegmentName) => LogSegment): PartLog['segments'] {
  return {
    'life-cycle': make('life-cycle'),
    administration: make('administration'),
    boot: make('boot'),
    keys: make('keys'),
    host: make('host'),
  };
}
