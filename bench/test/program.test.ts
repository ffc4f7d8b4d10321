import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { machineLines } from '../src/machine.ts';
import { benchNames, loadBench, runBench } from '../src/program.ts';
import { tableOf } from '../src/table.ts';

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const written = { stdout: '', stderr: '' };
  const code = await runBench({
    args,
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
    // Enough to see that it works; figures of so little say nothing.
    scale: 1 / 10_000,
  });
  return { code, ...written };
}

test('--help names every bench with its title, and the README has a row for each', async () => {
  const { code, stdout } = await run('--help');
  assert.equal(code, 0);
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  for (const name of benchNames()) {
    const { title } = await loadBench(name);
    assert.ok(stdout.includes(`${name} `) && stdout.includes(title), name);
    assert.ok(readme.includes(`\`npm run bench -- ${name}\``), name);
  }
});

test('an unknown name, no name, two names and a wrong option are each told with a code', async () => {
  for (const args of [['no-such-bench'], [], ['tls', 'tls'], ['--nonsense'], ['tls', '--rounds', '0']]) {
    const { code, stdout, stderr } = await run(...args);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, /^KS-U100: /);
    assert.equal(stdout, '');
  }
});

test('tls measures what it is asked for on both sides and prints exactly one document', async () => {
  const { code, stdout } = await run('tls', '--json', '--rounds', '1', '--only', 'full mutual handshake, X25519');
  assert.equal(code, 0);
  const { rows } = JSON.parse(stdout);
  const [row] = rows;
  assert.equal(rows.length, 1);
  assert.deepEqual(Object.keys(row), ['workload', 'ours', 'peer', 'ratio', 'target', 'met']);
  assert.equal(row.workload, 'full mutual handshake, X25519 [CPU ms]');
  assert.ok(row.ours > 0 && row.peer > 0 && row.ratio > 0);
  assert.equal(row.target, '≤ 1.0');
  assert.equal(row.met, row.ratio <= 1);
});

test('a report says where and when, above a table', () => {
  const row = { workload: 'w [u]', ours: 1.5, peer: 3, ratio: 0.5, target: '≤ 1.0', met: true };
  assert.equal(
    tableOf([row]),
    '| workload | ours | peer | ratio | target | met |\n' +
      '| -------- | ---- | ---- | ----- | ------ | --- |\n' +
      '| w [u]    | 1.5  | 3    | 0.50  | ≤ 1.0  | yes |\n',
  );
  const [machine, versions, date] = machineLines(new Date('2026-11-24T12:00:00Z'));
  assert.match(machine ?? '', /^\d+ × /);
  assert.match(versions ?? '', /^Node \d+\.\d+\.\d+, OpenSSL \d/);
  assert.equal(date, '2026-11-24');
});
