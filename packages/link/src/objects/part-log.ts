import { createHash } from 'node:crypto';
import { choice, type Field, record, text, u32, u64, type ValueOf } from '../fields.ts';

/**
 * The part's log as it is read: segments with space of their own, each a hash chain, so that entries of one kind never
 * push out those of another.
 *
 *   chain 0 = 32 zeros      chain n+1 = SHA-256(chain n ‖ bytes of entry n)
 *
 * Entries have numbers from 0 in their segment. When the oldest make room, the chain behind them stays: whoever has read
 * them before sees that what is left follows. The newest entry may still grow, when the same happens again.
 */
export const logSegmentNames = ['life-cycle', 'administration', 'boot', 'keys', 'host'] as const;
export type LogSegmentName = (typeof logSegmentNames)[number];
export const logSegment: Field<LogSegmentName> = choice(logSegmentNames);

/** What can be in the log. The order is part of the protocol and only grows at its end. */
export const logEventNames = [
  'tampered',
  'life-cycle-changed',
  'object-changed',
  'administered',
  'reset',
  'boot-passed',
  'boot-failed',
  'boot-committed',
  'key-changed',
  'certificate-changed',
  'time-told',
  'session-opened',
  'session-refused',
  'command-refused',
  'more-refused',
  'self-test-failed',
] as const;
export type LogEventName = (typeof logEventNames)[number];

/** Bytes of a detail: an object's name, a code, a version. */
export const LOG_DETAIL_MAX = 64;

export const logEntryFields = record({
  /** Counts through all segments: which of two entries came first. */
  sequence: u32,
  event: choice(logEventNames),
  detail: text(LOG_DETAIL_MAX),
  /** How often it happened, at least, without anything else in between in this segment. */
  count: u32,
  /** The part's time, which is a lower bound, when it happened first and last. */
  firstMs: u64,
  lastMs: u64,
});
export type LogEntry = ValueOf<typeof logEntryFields>;

/** Entries in one answer. */
export const LOG_READ_MAX = 24;
export const LOG_CHAIN_LENGTH = 32;

/** The chain behind an entry, from the chain before it and the entry's bytes. */
export function nextLogChain(before: Uint8Array, entry: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(before).update(entry).digest());
}
