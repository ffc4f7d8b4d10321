import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { exitCodes } from '../src/terminal/exit-codes.ts';
import { run } from './keystile.ts';
import { scratchHome } from './scratch.ts';

test('an unknown verb, an unknown option and a missing argument are usage errors with a code', async () => {
  for (const args of [
    ['frobnicate'],
    ['status', '--frobnicate'],
    ['pub', '-m', 'x'],
    ['pub', '-t', 'a', '-m', 'x', '-q', '3'],
    [],
  ]) {
    const { code, stdout, stderr } = await run(args);
    assert.equal(code, exitCodes.usage, args.join(' '));
    assert.equal(stdout, '');
    assert.match(stderr, /keystile: KS-U100: /);
  }
});

test('with --json an error is one document on stdout and stderr stays empty', async () => {
  const { code, stdout, stderr } = await run(['--json', 'frobnicate']);
  assert.equal(code, exitCodes.usage);
  assert.equal(stderr, '');
  const document = JSON.parse(stdout) as Record<string, unknown>;
  assert.equal(document.ok, false);
  assert.equal(document.code, 'KS-U100');
  assert.match(String(document.cause), /frobnicate/);
  assert.ok(String(document.fix).length > 0);
});

test('--help names every verb and ends well', async () => {
  const { code, stdout } = await run(['--help']);
  assert.equal(code, 0);
  for (const verb of ['up', 'status', 'pub', 'sub', 'chip', 'console', 'explain', 'reset'])
    assert.match(stdout, new RegExp(`^ +${verb}\\b`, 'm'));
});

test('verbs that need a home say so when there is none', async (t) => {
  const { home } = await scratchHome(t);
  for (const args of [
    ['status'],
    ['chip', 'info'],
    ['console', 'link'],
    ['pub', '-t', 'a', '-n'],
    ['sub', '-t', 'a'],
  ]) {
    const { code, stderr } = await run([...args, '--home', home]);
    assert.equal(code, exitCodes.environment, args.join(' '));
    assert.match(stderr, /KS-U11[56]/);
  }
});

test('without colour wanted there is no escape sequence in any output', async () => {
  const { stdout, stderr } = await run(['frobnicate'], { env: { NO_COLOR: '1', FORCE_COLOR: '1' } });
  assert.ok(!`${stdout}${stderr}`.includes('\u001b'));
});

test('the table of exit codes in the README is the one in the program', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const rows = [...readme.matchAll(/^\| (\d+) +\| (\w+) +\|/gm)].map((row) => [row[2], Number(row[1])]);
  assert.deepEqual(Object.fromEntries(rows), exitCodes);
});

test('--version is the version of every package, and the package brings the command that the README names', async () => {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  const { version, bin } = JSON.parse(text) as { version: string; bin: Record<string, string> };
  const { code, stdout } = await run(['--version']);
  assert.deepEqual([code, stdout.trim()], [0, version]);
  assert.deepEqual(bin, { keystile: './bin/keystile.mjs' });
});
