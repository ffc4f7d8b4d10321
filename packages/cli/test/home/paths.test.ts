import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { chosenHome, homePaths, refuseLongSocketPaths } from '../../src/home/paths.ts';

test('the flag beats KEYSTILE_HOME, which beats the default', () => {
  assert.equal(chosenHome('/a', { KEYSTILE_HOME: '/b' }), '/a');
  assert.equal(chosenHome(undefined, { KEYSTILE_HOME: '/b' }), '/b');
  assert.equal(chosenHome(undefined, {}), join(homedir(), '.keystile'));
  assert.throws(() => chosenHome('', {}), { code: 'KS-U100' });
});

test('a home whose sockets would not fit into a socket address is refused', () => {
  refuseLongSocketPaths(homePaths(`/${'x'.repeat(80)}`));
  assert.throws(() => refuseLongSocketPaths(homePaths(`/${'x'.repeat(100)}`)), { code: 'KS-U119' });
});
