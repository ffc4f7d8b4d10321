import { command } from '../command.ts';
import { bytes16, fixed, flag, list, record, u32 } from '../fields.ts';
import { LOG_CHAIN_LENGTH, LOG_READ_MAX, logEntryFields, logSegment } from '../objects/part-log.ts';

export const logRead = command({
  name: 'LOG_READ',
  opcode: 0x71,
  group: 'trace',
  summary: 'Fetches entries of one segment of the log, oldest first, with the hash chain around them.',
  request: record({
    segment: logSegment,
    /** Number of the first entry wanted; the oldest that is left when it is gone. */
    from: u32,
    /** 16 to 32 bytes: a signed statement about the end of the chain is wanted. Empty: none is. */
    nonce: bytes16(32),
  }),
  result: record({
    /** Number of the first entry in this answer; what comes before it was read earlier or has made room. */
    first: u32,
    /** The chain before it. */
    before: fixed(LOG_CHAIN_LENGTH),
    entries: list(logEntryFields, LOG_READ_MAX),
    more: flag,
    /** The chain behind the newest entry of the segment. */
    head: fixed(LOG_CHAIN_LENGTH),
    /** COSE_Sign1 by the attestation key over serial, nonce, life cycle, segment, count and head; empty when none was wanted. */
    statement: bytes16(1024),
  }),
});
