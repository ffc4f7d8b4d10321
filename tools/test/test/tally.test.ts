import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tally, type TestEvent } from '../tally.ts';

const FILE = '/tree/packages/p/test/one.test.ts';

function event(name: string, more: Partial<TestEvent> = {}): TestEvent {
  return { name, file: FILE, details: { type: 'test' }, ...more };
}

test('tests are counted, suites are not', () => {
  const tally = new Tally();
  tally.pass(event('a test'));
  tally.pass(event('its suite', { details: { type: 'suite' } }));
  tally.close([FILE]);
  assert.equal(tally.line, '1 passed, 0 failed, 0 skipped');
});

test('a skip carries its reason, and one without a reason says so', () => {
  const tally = new Tally();
  tally.pass(event('needs a TPM', { skip: 'swtpm is not installed' }));
  tally.pass(event('silent', { skip: true }));
  tally.pass(event('whole suite', { skip: '', details: { type: 'suite' } }));
  tally.close([FILE]);
  assert.deepEqual(
    tally.skips.map((skip) => skip.reason),
    ['swtpm is not installed', 'no reason given', 'no reason given'],
  );
  assert.equal(tally.line, '0 passed, 0 failed, 3 skipped');
});

test('a suite that failed only because a test in it failed is not counted twice', () => {
  const tally = new Tally();
  tally.fail(event('a test', { details: { type: 'test', error: new Error('boom') } }));
  const error = Object.assign(new Error('1 subtest failed'), { failureType: 'subtestsFailed' });
  tally.fail(event('its suite', { details: { type: 'suite', error } }));
  assert.equal(tally.line, '0 passed, 1 failed, 0 skipped');
});

test('a suite whose hook failed is a failure of its own', () => {
  const tally = new Tally();
  const error = Object.assign(new Error('before hook'), { failureType: 'hookFailed' });
  tally.fail(event('its suite', { details: { type: 'suite', error } }));
  assert.equal(tally.line, '0 passed, 1 failed, 0 skipped');
});

test('a file that holds no test is a failure, although Node reports it as passed', () => {
  const tally = new Tally();
  tally.pass(event('test/one.test.ts'));
  tally.close([FILE]);
  assert.equal(tally.line, '0 passed, 1 failed, 0 skipped');
});

test('a run that found no files is a failure', () => {
  const tally = new Tally();
  tally.close([]);
  assert.equal(tally.line, '0 passed, 1 failed, 0 skipped');
});
