import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { endedError, type JsonLine, startProgram } from '../../src/processes/program.ts';
import { scratchFolder } from '../scratch.ts';

async function start(t: TestContext, code: string, lines: JsonLine[] = []) {
  return startProgram({
    log: join(await scratchFolder(t), 'log'),
    name: 'test program',
    args: ['-e', code],
    cwd: '/',
    isReady: (line) => line.ready === true,
    onLine: (line) => lines.push(line),
  });
}

test('a program is ready when it says so, its lines arrive, and it stops when asked', async (t) => {
  const lines: JsonLine[] = [];
  const program = await start(
    t,
    `console.log('no json'); console.log('[1]'); console.log('{"ready":true,"port":1}'); setInterval(() => 0, 1000)`,
    lines,
  );
  assert.deepEqual(await program.ready, { ready: true, port: 1 });
  assert.deepEqual(lines, [{ ready: true, port: 1 }]);
  await program.stop();
  assert.equal((await program.exited).signal, 'SIGTERM');
  await program.stop();
});

test('a program that ends before it is ready is reported with its code and its last words', async (t) => {
  const program = await start(t, `console.error('KS-B100: no such key'); process.exit(7)`);
  await assert.rejects(program.ready, {
    code: 'KS-U117',
    message: /test program ended with code 7.*KS-B100: no such key/,
  });
  assert.match(endedError(await program.exited).message, /code 7/);
});

test('a program that ignores SIGTERM is killed', { timeout: 20_000 }, async (t) => {
  const program = await start(
    t,
    `process.on('SIGTERM', () => 0); console.log('{"ready":true}'); setInterval(() => 0, 1000)`,
  );
  await program.ready;
  await program.stop();
  assert.equal((await program.exited).signal, 'SIGKILL');
});

test('a program that cannot be started is an end, not a crash', async (t) => {
  const program = startProgram({
    name: 'nowhere',
    args: ['-e', ''],
    cwd: '/nonexistent-folder',
    log: join(await scratchFolder(t), 'log'),
    isReady: () => false,
    onLine: () => undefined,
  });
  await assert.rejects(program.ready, { code: 'KS-U117' });
});

test('a program that ends after a coded error is reported by that code', async (t) => {
  const program = await start(
    t,
    `console.log('{"ready":false,"code":"KS-A130","detail":"port 1 is in use"}'); process.exit(1)`,
  );
  await assert.rejects(program.ready, { code: 'KS-A130', message: /the test program ended: port 1 is in use/ });
});

test('what a program writes on stderr is kept in its log', async (t) => {
  const log = join(await scratchFolder(t), 'log');
  const program = startProgram({
    name: 'test program',
    args: ['-e', `console.error('one'); console.error('two')`],
    cwd: '/',
    log,
    isReady: () => false,
    onLine: () => undefined,
  });
  assert.equal((await program.exited).lastWords, 'one\ntwo');
  assert.equal(await readFile(log, 'utf8'), 'one\ntwo\n');
});
