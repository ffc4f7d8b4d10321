import { command } from '../command.ts';
import { flag, record, text } from '../fields.ts';

export const selfTest = command({
  name: 'SELF_TEST',
  opcode: 0x03,
  group: 'system',
  summary: 'Runs the known-answer tests of every algorithm.',
  request: record({}),
  result: record({
    passed: flag,
    /** The first test that failed, or empty. */
    failed: text(64),
  }),
});
