import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { AcceptPace } from '../../../src/node/listeners/accept-pace.ts';

interface Seen {
  readonly pace: AcceptPace<number>;
  readonly passed: number[];
  readonly turnedAway: number[];
}

function paceOf(options: {
  readonly perSecond: number;
  readonly lagMsMax?: number;
  readonly waitMsMax?: number;
}): Seen {
  const passed: number[] = [];
  const turnedAway: number[] = [];
  const pace = new AcceptPace<number>({
    lagMsMax: 10_000,
    waitMsMax: 10_000,
    ...options,
    pass: (item) => passed.push(item),
    turnAway: (item) => turnedAway.push(item),
  });
  return { pace, passed, turnedAway };
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

describe('The pace of a listener', () => {
  test('lets a few begin at once and the rest in order, no faster than its rate', async () => {
    const { pace, passed, turnedAway } = paceOf({ perSecond: 200 });
    const startedAt = performance.now();
    for (const item of numbers(60)) pace.enter(item);
    assert.equal(passed.length, 20);
    while (pace.waiting > 0) await sleep(5);
    // 40 that waited take 200 ms at 200 in a second; a part of one may have been there.
    assert.ok(performance.now() - startedAt >= 190);
    assert.deepEqual(passed, numbers(60));
    assert.deepEqual(turnedAway, []);
  });

  test('turns away at once who could not be served in time', () => {
    const { pace, passed, turnedAway } = paceOf({ perSecond: 100, waitMsMax: 100 });
    for (const item of numbers(50)) pace.enter(item);
    assert.deepEqual([passed.length, pace.waiting, turnedAway.length], [10, 10, 30]);
    pace.close();
    assert.equal(turnedAway.length, 40);
  });

  test('lets one at a time begin while the event loop is late', async () => {
    const { pace, passed } = paceOf({ perSecond: 1000, lagMsMax: 20 });
    for (const item of numbers(300)) pace.enter(item);
    // What began at once; one or two more where entering them took a millisecond or two.
    const begun = passed.length;
    assert.ok(begun >= 100 && begun < 110, `${begun} began`);
    const untilMs = performance.now() + 100;
    while (performance.now() < untilMs);
    // The turn of the pace was due before this one.
    await sleep(1);
    assert.ok(passed.length > begun && passed.length <= begun + 2, `${passed.length - begun} began while it was late`);
    while (pace.waiting > 0) await sleep(5);
    assert.deepEqual(passed, numbers(300));
  });
});
