import assert from 'node:assert/strict';
import { test } from 'node:test';
import { absence, runSample } from '../sample.ts';

const skip = absence('wycheproof/aes_gcm_test.json');
const STRIDE = 5;

test('the primitives, as the engine and the path validator call them, judge a sample of the vectors rightly', {
  skip,
}, async () => {
  const { passed, failures, skipped } = await runSample('wycheproof', STRIDE);
  assert.deepEqual(failures, []);
  assert.ok(passed > 600, `${passed} passed`);
  for (const { reason } of skipped)
    assert.match(reason, /^(no suite of the engine|TLS fixes|the suites fix|the engine makes)/);
});
