import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogue } from '@keystile/errors';
import { run } from '../keystile.ts';

test('a known code gives title, cause and fix, in either case of letters', async () => {
  const { code, stdout, stderr } = await run(['explain', 'ks-u110']);
  assert.equal(code, 0);
  assert.equal(stderr, '');
  for (const part of ['KS-U110', catalogue['KS-U110'].cause, catalogue['KS-U110'].fix])
    assert.ok(stdout.includes(part));
});

test('an unknown code is itself a coded error of usage', async () => {
  const { code, stdout, stderr } = await run(['explain', 'KS-X999']);
  assert.equal(code, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /KS-U101: KS-X999 is not in the catalogue/);
});

test('--all --json lists the whole catalogue', async () => {
  const { code, stdout } = await run(['explain', '--all', '--json']);
  assert.equal(code, 0);
  const entries = JSON.parse(stdout) as { code: string }[];
  assert.deepEqual(
    entries.map((entry) => entry.code),
    Object.keys(catalogue),
  );
});
