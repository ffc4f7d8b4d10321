import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestLimit } from '../../src/time/request-limit.ts';
import { TestClock } from '../support/home.ts';

test('a device gets six answers a minute, and its neighbour is not affected', () => {
  const clock = new TestClock();
  const limit = new RequestLimit(clock.now);
  const admitted = Array.from({ length: 8 }, () => limit.admit('ac-1'));
  assert.deepEqual(admitted, [true, true, true, true, true, true, false, false]);
  assert.equal(limit.admit('ac-2'), true);
  clock.ms += 60_000;
  assert.equal(limit.admit('ac-1'), true);
});

test('many devices in one minute do not fill the memory', () => {
  const limit = new RequestLimit(new TestClock().now);
  for (let i = 0; i < 10_000; i++) assert.equal(limit.admit(`ac-${i}`), true);
  assert.equal(limit.admit('one-more'), false);
  assert.equal(limit.admit('ac-0'), true, 'a device that is known goes on');
});
