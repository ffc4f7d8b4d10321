import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { programLog } from '../../src/node/log.ts';

test('refusals beyond the limit of a second are counted in one line', () => {
  const lines: { msg: string; count?: number }[] = [];
  const logger = pino({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line)) });
  let nowMs = 1000;
  const log = programLog(logger, () => nowMs);
  for (let at = 0; at < 200; at++)
    log.event({ level: 'warn', event: 'refused', code: 'KS-B112', sentence: `no ${at}` });
  assert.equal(lines.length, 50);
  log.event({ level: 'info', event: 'connected' });
  assert.equal(lines.at(-1)?.msg, 'connected');
  nowMs = 2000;
  log.event({ level: 'warn', event: 'refused', code: 'KS-B112', sentence: 'next second' });
  assert.deepEqual([lines.at(-2)?.count, lines.at(-1)?.msg], [150, 'next second']);
});
