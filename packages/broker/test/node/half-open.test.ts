import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HalfOpen } from '../../src/node/half-open.ts';

test('each address has its own count, and a settled connection makes room', () => {
  const halfOpen = new HalfOpen(2);
  assert.ok(halfOpen.opened('10.0.0.1', 1));
  assert.ok(halfOpen.opened('10.0.0.1', 2));
  assert.equal(halfOpen.opened('10.0.0.1', 3), false);
  assert.ok(halfOpen.opened('10.0.0.2', 1));
  halfOpen.settled('10.0.0.1', 1);
  assert.ok(halfOpen.opened('10.0.0.1', 3));
  assert.equal(halfOpen.count, 3);
});

test('a connection that is admitted and then closed is settled once', () => {
  const halfOpen = new HalfOpen(1);
  assert.ok(halfOpen.opened('10.0.0.1', 1));
  halfOpen.settled('10.0.0.1', 1);
  halfOpen.settled('10.0.0.1', 1);
  assert.ok(halfOpen.opened('10.0.0.1', 2));
  assert.equal(halfOpen.opened('10.0.0.1', 3), false);
});

test('one that was turned away is not counted when it closes', () => {
  const halfOpen = new HalfOpen(1);
  assert.ok(halfOpen.opened('10.0.0.1', 1));
  assert.equal(halfOpen.opened('10.0.0.1', 2), false);
  halfOpen.settled('10.0.0.1', 2);
  assert.equal(halfOpen.opened('10.0.0.1', 3), false);
});
