import { logHead } from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import { commands, type LogEntry, type LogPosition, type LogSegmentName, verifyLogPiece } from '@keystile/link';
import type { Part } from './part.ts';

/** Which part of the log to read, and what is known of it. */
export interface LogQuery {
  readonly segment: LogSegmentName;
  /** The position that the last reading gave; the whole segment is read without one. */
  readonly known?: LogPosition;
  /** Has the part sign the end of the chain, for whoever must not trust the host that reads. */
  readonly proof?: {
    /** 16 to 32 random bytes. */
    readonly nonce: Uint8Array;
    /** SubjectPublicKeyInfo, DER, as the maker certified it. */
    readonly attestationPublicKey: Uint8Array;
  };
}

export interface LogReading {
  readonly entries: readonly LogEntry[];
  /** For the next reading. The newest entry comes again then, since it may have grown. */
  readonly position: LogPosition;
  /** Entries that have made room since the last reading. */
  readonly missed: number;
  /** Given with a proof: the signed statement, for whoever verifies it once more, and the life cycle that it states. */
  readonly proved?: { readonly statement: Uint8Array; readonly lifeCycle: string };
}

/**
 * Reads a segment of the part's log and verifies that it is one chain and follows from what was read before. Throws
 * `KS-C189` when it does not, `KS-S100` to `KS-S103` when the statement does not verify.
 */
export async function readPartLog(part: Pick<Part, 'call'>, query: LogQuery): Promise<LogReading> {
  const { segment, known, proof } = query;
  const nonce = proof?.nonce ?? new Uint8Array(0);
  const entries: LogEntry[] = [];
  let position = known;
  let missed = 0;
  for (;;) {
    const piece = await part.call(commands.logRead, { segment, from: position?.next ?? 0, nonce });
    const verified = verifyLogPiece(piece, position);
    entries.push(...piece.entries);
    missed += verified.missed;
    position = verified.position;
    if (piece.more) continue;
    const statement = piece.statement.slice();
    if (proof === undefined) return { entries, position, missed };
    const count = piece.first + piece.entries.length;
    const lifeCycle = verifyEnd({ statement, proof, segment, head: piece.head, count });
    return { entries, position, missed, proved: { statement, lifeCycle } };
  }
}

interface SignedEnd {
  readonly statement: Uint8Array;
  readonly proof: NonNullable<LogQuery['proof']>;
  readonly segment: LogSegmentName;
  readonly head: Uint8Array;
  readonly count: number;
}

/** Gives the life cycle that is stated. */
function verifyEnd({ statement, proof, segment, head, count }: SignedEnd): string {
  const stated = logHead.verify(statement, proof.attestationPublicKey);
  const isSame =
    stated.segment === segment &&
    stated.count === count &&
    Buffer.compare(stated.nonce, proof.nonce) === 0 &&
    Buffer.compare(stated.head, head) === 0;
  if (!isSame) throw new KeystileError('KS-C189', `the part states another end of its ${segment} log than was read`);
  return stated.lifeCycle;
}
