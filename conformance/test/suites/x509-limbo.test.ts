import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviations } from '../../src/x509-limbo-deviations.ts';
import { absence, runSample } from '../sample.ts';

const skip = absence('x509-limbo.json');

test('every chain of the corpus is judged as it says, but for the listed deviations', { skip }, async () => {
  const { passed, failures, skipped } = await runSample('x509-limbo', 1);
  assert.deepEqual(failures, []);
  assert.ok(passed > 300, `${passed} passed`);
  const reasons = new Set(skipped.map(({ reason }) => reason));
  for (const { reason } of deviations) assert.ok(reasons.has(reason), `no case deviates by "${reason}" any more`);
  for (const { case: name, reason } of skipped) {
    assert.match(name, / webpki::/, `a case of RFC 5280 itself deviates: ${reason}`);
  }
});
