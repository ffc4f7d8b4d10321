import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfiguration } from '../src/configuration.ts';

const configuration = {
  format: 1,
  id: 'ac-000001',
  policy: 'fleet',
  server: 'localhost',
  seed: 1,
  startsWith: { mode: 'cool', setPoint: 24 },
};

const bytesOf = (content: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(content));

test('a whole configuration is read from its bytes', () => {
  assert.deepEqual(parseConfiguration(bytesOf(configuration)), configuration);
});

test('an unknown or wrong field is refused and named', () => {
  const wrong: [object, RegExp][] = [
    [{ verifyServer: false }, /verifyServer/],
    [{ id: 'ac/1' }, /id/],
    [{ id: '+' }, /id/],
    [{ startsWith: { mode: 'cool', setPoint: 24.2 } }, /setPoint/],
    [{ startsWith: { mode: 'turbo', setPoint: 24 } }, /mode/],
    [{ format: 2 }, /format/],
  ];
  for (const [change, named] of wrong) {
    assert.throws(() => parseConfiguration(bytesOf({ ...configuration, ...change })), {
      code: 'KS-U204',
      message: named,
    });
  }
  assert.throws(() => parseConfiguration(new Uint8Array([0xff])), { code: 'KS-U204' });
});
