import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ProgramSpec } from '../../src/processes/program.ts';
import { Supervisor } from '../../src/processes/supervisor.ts';
import { scratchFolder } from '../scratch.ts';

async function spec(t: TestContext, name: string, code: string): Promise<ProgramSpec> {
  const log = join(await scratchFolder(t), 'log');
  return { name, args: ['-e', code], cwd: '/', log, isReady: (line) => line.ready === true, onLine: () => undefined };
}

const stays = `console.log('{"ready":true}'); process.stdin.resume().on('end', () => process.exit(0)); setInterval(() => 0, 1000)`;

test('a program that ends by itself is the failure of all; a program that was stopped is none', async (t) => {
  const supervisor = new Supervisor();
  await supervisor.start(await spec(t, 'one', stays));
  await supervisor.start(await spec(t, 'two', `console.log('{"ready":true}'); setTimeout(() => process.exit(3), 50)`));
  await assert.rejects(supervisor.failure, { code: 'KS-U117', message: /the two ended with code 3/ });
  await supervisor.stop();
  const calm = new Supervisor();
  await calm.start(await spec(t, 'one', stays));
  await calm.stop();
  const outcome = await Promise.race([
    calm.failure.catch(() => 'failed'),
    new Promise((resolve) => setTimeout(resolve, 50, 'calm')),
  ]);
  assert.equal(outcome, 'calm');
});

test('programs stop in the reverse order of their start', async (t) => {
  const supervisor = new Supervisor();
  const ends: string[] = [];
  for (const name of ['first', 'second', 'third']) {
    const program = {
      name,
      pid: 0,
      exited: new Promise<never>(() => undefined),
      stop: async () => void ends.push(name),
    };
    supervisor.adopt(program);
  }
  await Promise.all([supervisor.stop(), supervisor.stop()]);
  assert.deepEqual(ends, ['third', 'second', 'first']);
  t.diagnostic(ends.join(' '));
});

test('a program that waits for its start hears of the end of another', async (t) => {
  const supervisor = new Supervisor();
  const never = supervisor.start(await spec(t, 'slow', `setInterval(() => 0, 1000)`));
  const failing = supervisor.start(await spec(t, 'broken', 'process.exit(4)'));
  await assert.rejects(failing, { code: 'KS-U117' });
  await assert.rejects(never, { code: 'KS-U117', message: /broken/ });
  await supervisor.stop();
});
