import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alternate, median, rowOf } from '../src/comparison.ts';

test('the median is the middle one, or between the two middle ones', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([1, 9, 4, 6]), 5);
  assert.ok(Number.isNaN(median([])));
});

test('a cost may be at most its target, a throughput must be at least its own', () => {
  const measured = { workload: 'w', unit: 'u', ours: [1, 2, 300], peer: [4, 4, 4] };
  const cost = rowOf({ ...measured, target: { atMost: 1 } });
  assert.deepEqual(cost, { workload: 'w [u]', ours: 2, peer: 4, ratio: 0.5, target: '≤ 1.0', met: true });
  assert.equal(rowOf({ ...measured, target: { atLeast: 0.6 } }).met, false);
  assert.equal(rowOf({ ...measured, target: { atLeast: 0.5 } }).met, true);
});

test('what is no number meets no target', () => {
  const row = { workload: 'w', unit: 'u', ours: [], peer: [1] };
  assert.equal(rowOf({ ...row, target: { atMost: 1 } }).met, false);
  assert.equal(rowOf({ ...row, target: { atLeast: 0 } }).met, false);
});

test('both sides are measured in turn, and take turns in beginning', async () => {
  const order: string[] = [];
  const side = (name: string) => async (): Promise<number> => order.push(name);
  const figures = await alternate(3, { ours: side('ours'), peer: side('peer') });
  assert.deepEqual(order, ['ours', 'peer', 'peer', 'ours', 'ours', 'peer']);
  assert.deepEqual(figures, { ours: [1, 4, 5], peer: [2, 3, 6] });
});

test('what is reported has no limit to miss', () => {
  const row = rowOf({ workload: 'w', unit: 'u', ours: [9], peer: [1], target: { reported: true } });
  assert.deepEqual([row.ratio, row.target, row.met], [9, 'none', true]);
});
