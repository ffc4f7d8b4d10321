import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { catalogue } from '../../../packages/errors/src/index.ts';

const keystile = fileURLToPath(new URL('../../../packages/cli/bin/keystile.mjs', import.meta.url));
const explain = (...args: string[]) =>
  spawnSync(process.execPath, [keystile, 'explain', ...args], { encoding: 'utf8' });

test('keystile explain --all --json is the catalogue', () => {
  const { stdout, stderr } = explain('--all', '--json');
  assert.equal(stderr, '');
  assert.deepEqual(
    JSON.parse(stdout),
    Object.entries(catalogue).map(([code, entry]) => ({ code, ...entry })),
  );
});

test('keystile explain CODE prints its title, cause and fix', () => {
  const { title, cause, fix } = catalogue['KS-U900'];
  const { stdout } = explain('ks-u900');
  for (const sentence of ['KS-U900', title, cause, fix]) assert.ok(stdout.includes(sentence), sentence);
});
