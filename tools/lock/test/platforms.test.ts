import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingEntries } from '../platforms.ts';

test('an optional package that the lock file lacks gets an entry with its platform, read from its name', () => {
  const added = missingEntries({
    '': {},
    'node_modules/@t/parser': {
      dev: true,
      optionalDependencies: { '@t/binding-linux-arm-musleabihf': '1.2.3', '@t/cli-win32-x64-msvc': '1.2.3' },
    },
  });
  assert.deepEqual(added, {
    'node_modules/@t/binding-linux-arm-musleabihf': {
      version: '1.2.3',
      cpu: ['arm'],
      dev: true,
      libc: ['musl'],
      optional: true,
      os: ['linux'],
    },
    'node_modules/@t/cli-win32-x64-msvc': { version: '1.2.3', cpu: ['x64'], dev: true, optional: true, os: ['win32'] },
  });
});

test('an entry that exists is left alone, nested or at the top', () => {
  const optionalDependencies = { 'x-linux-x64': '1.0.0', 'x-linux-arm64': '1.0.0' };
  const packages = {
    'packages/p/node_modules/x': { optionalDependencies },
    'packages/p/node_modules/x/node_modules/x-linux-x64': { version: '1.0.0' },
    'node_modules/x-linux-arm64': { version: '1.0.0' },
  };
  assert.deepEqual(missingEntries(packages), {});
});

test('two versions of one platform package do not take the same place', () => {
  const added = missingEntries({
    'node_modules/a': { optionalDependencies: { 'x-linux-x64': '1.0.0' } },
    'node_modules/b': { optionalDependencies: { 'x-linux-x64': '2.0.0' } },
  });
  assert.deepEqual(
    Object.entries(added).map(([place, { version }]) => [place, version]),
    [
      ['node_modules/x-linux-x64', '1.0.0'],
      ['node_modules/b/node_modules/x-linux-x64', '2.0.0'],
    ],
  );
});

test('a name that tells no platform, or a version that is a range, is an error and not a guess', () => {
  for (const [name, version] of [
    ['fsevents', '2.3.3'],
    ['x-linux-x64', '^1.0.0'],
  ] as const) {
    assert.throws(
      () => missingEntries({ 'node_modules/a': { optionalDependencies: { [name]: version } } }),
      /tells no platform/,
    );
  }
});
