import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { serveControlSocket } from '../../src/console/control-socket.ts';
import { temporaryHome } from '../support/home.ts';

function exchange(path: string, text: string, lines: number): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(text));
    let received = '';
    socket.on('data', (piece) => {
      received += piece.toString();
      const whole = received.split('\n').slice(0, -1);
      if (whole.length < lines) return;
      socket.end();
      resolve(whole.map((line) => JSON.parse(line)));
    });
    socket.on('error', reject);
    socket.on('close', () => resolve([]));
  });
}

test('the owner of the home gets a new link; others cannot connect', async (context) => {
  const path = join(await temporaryHome(context), 'run/authority.sock');
  let count = 0;
  const link = () => ({ link: `https://localhost/sign-in?link=${++count}`, expiresAtMs: 0 });
  const control = await serveControlSocket({ path, link });
  context.after(() => control.close());
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal((await stat(join(path, '..'))).mode & 0o777, 0o700);
  assert.deepEqual(await exchange(path, '{"op":"link"}\n{"op":"li', 1), [
    { ok: true, link: 'https://localhost/sign-in?link=1', expiresAt: '1970-01-01T00:00:00.000Z' },
  ]);
  const answers = await exchange(path, '{"op":"stop"}\nnonsense\n[]\nnull\n', 4);
  assert.equal(answers.length, 4);
  for (const answer of answers) assert.partialDeepStrictEqual(answer, { ok: false, code: 'KS-A138' });
  assert.deepEqual(await exchange(path, 'x'.repeat(5000), 1), [], 'a line without end is cut off');
});

test('the socket of a service that was killed does not stop the next one', async (context) => {
  const path = join(await temporaryHome(context), 'run/authority.sock');
  const link = () => ({ link: '', expiresAtMs: 0 });
  const killed = await serveControlSocket({ path, link });
  const next = await serveControlSocket({ path, link });
  context.after(() => Promise.all([killed.close(), next.close()]));
  assert.equal((await exchange(path, '{"op":"link"}\n', 1)).length, 1);
});

test('a path that no socket can have is a coded error', async (context) => {
  const path = join(await temporaryHome(context), 'a'.repeat(100), 'authority.sock');
  await assert.rejects(serveControlSocket({ path, link: () => ({ link: '', expiresAtMs: 0 }) }), { code: 'KS-A135' });
});
