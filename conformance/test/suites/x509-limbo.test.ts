import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviations } from '../../src/x509-limbo-deviations.ts';
import { absence, runSample } from '../sample.ts';

const skip = absence('x509-limbo.json');

test('every chain of the corpus is judged as it says, but for the listed deviations', { skip }, async () => {
  const { passed, failures, skipped } = await runSample('x509-limbo', 1);
  assert.deepEqual(failures, []);
  assert.ok(passed > 300, `${passed} passed`);
  for (const { reason } of deviations) {
    assert.ok(
      skipped.some((each) => each.reason === reason),
      `no case deviates by the rule "${reason}" any more`,
    );
  }
});

test('no deviation touches a case of RFC 5280 itself', { skip }, async () => {
  const { skipped } = await runSample('x509-limbo', 1);
  for (const { case: name, reason } of skipped) assert.match(name, / webpki::/, reason);
});
