import { command } from '../command.ts';
import { fixed, flag, list, record, text, u8, u32, u64 } from '../fields.ts';
import { bootState, lifeCycle } from '../objects/names.ts';

export const status = command({
  name: 'STATUS',
  opcode: 0x02,
  group: 'system',
  summary: 'Says what state the part is in: life cycle, boot, tamper, counters and time.',
  request: record({}),
  result: record({
    lifeCycle,
    tampered: flag,
    bootState,
    /** False once BOOT_BEGIN has been accepted; only the reset line sets it again. */
    bootArmed: flag,
    /** Versions that the last passed verification has shown; 0 before one. */
    firmwareVersion: u32,
    configurationVersion: u32,
    /** Least versions that verification accepts. */
    firmwareVersionMin: u32,
    configurationVersionMin: u32,
    /** SHA-256 over the object `anchors`. */
    anchorsDigest: fixed(32),
    /** Milliseconds since 1970, UTC: the part's time is never before this. */
    timeFloorMs: u64,
    /** Time floor plus powered time since it was set. */
    nowMs: u64,
    bootCount: u32,
    nvmGeneration: u64,
    sessionsOpen: u8,
    /** Code of the self-test that failed: the part does nothing until it is reset. Empty otherwise. */
    errorState: text(16),
    /** Commands that are refused now since they have written enough, or PAIR_BEGIN on this link,, by opcode, and for how long in powered seconds. */
    throttled: list(record({ opcode: u8, waitSeconds: u32 }), 32),
  }),
});
