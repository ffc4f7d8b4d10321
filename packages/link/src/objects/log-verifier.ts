import { equalPublicBytes } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { encodeField } from '../fields.ts';
import { LOG_CHAIN_LENGTH, type LogEntry, logEntryFields, nextLogChain } from './part-log.ts';

/**
 * Whether what LOG_READ gave is one chain, and follows from what was read before. That the chain is the part's, only the
 * signed statement about its end says: whoever carries the answers could have made another.
 */
export interface LogPosition {
  /** Number of the first entry that is not settled: the newest one may still grow. */
  readonly next: number;
  /** The chain before it. */
  readonly chain: Uint8Array;
}

/** One answer of LOG_READ, or several put together. */
export interface LogPiece {
  readonly first: number;
  readonly before: Uint8Array;
  readonly entries: readonly LogEntry[];
  readonly more: boolean;
  readonly head: Uint8Array;
}

export interface VerifiedLogPiece {
  /** Where to go on reading, also in a month. */
  readonly position: LogPosition;
  /** Entries between `known` and this piece that have made room before anybody read them. */
  readonly missed: number;
}

const beginning: LogPosition = { next: 0, chain: new Uint8Array(LOG_CHAIN_LENGTH) };

/**
 * `known`: the position after the last reading; absent, nothing was read before. Throws `KS-C189` when an entry was
 * changed, removed, added or put in another order.
 */
export function verifyLogPiece(piece: LogPiece, known: LogPosition = beginning): VerifiedLogPiece {
  const { first, before, entries, more, head } = piece;
  if (first < known.next) throw new KeystileError('KS-C189', `entry ${first} comes again after ${known.next}`);
  if (first === known.next && !equalPublicBytes(before, known.chain)) {
    throw new KeystileError('KS-C189', `what comes before entry ${first} is not what was read earlier`);
  }
  checkOrder(entries);
  let settled: Uint8Array = before.slice();
  let chain = settled;
  for (const entry of entries) {
    settled = chain;
    chain = nextLogChain(chain, encodeField(logEntryFields, entry));
  }
  if (!more && !equalPublicBytes(chain, head)) {
    throw new KeystileError('KS-C189', 'the chain of the entries does not end where the part says');
  }
  const missed = first - known.next;
  if (more || entries.length === 0) return { position: { next: first + entries.length, chain }, missed };
  return { position: { next: first + entries.length - 1, chain: settled }, missed };
}

function checkOrder(entries: readonly LogEntry[]): void {
  let last = -1;
  for (const { sequence } of entries) {
    if (sequence <= last) throw new KeystileError('KS-C189', `entry of sequence ${sequence} follows ${last}`);
    last = sequence;
  }
}
