import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { loopback, NetworkNamespace } from '../../src/tls-interop/network.ts';
import { ServerProcess } from '../../src/tls-interop/server-process.ts';

const skip = NetworkNamespace.absence() ?? false;

test('a server in the namespace is reached through it, with every byte, and not from the machine', {
  skip,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'keystile-namespace-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const namespace = await NetworkNamespace.open(folder);
  t.after(() => namespace.close());
  const port = await namespace.freePort();
  assert.notEqual(await namespace.freePort(), port);
  const script = `require('node:net').createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket))
    .listen(${port}, () => console.log('listening'))`;
  const server = new ServerProcess({ name: 'echo', command: namespace.inside([process.execPath, '-e', script]) });
  t.after(() => server.stop());
  await server.starts(/^listening$/m);

  for (const length of [0, 1, 300_000]) {
    const socket = await namespace.dial(port);
    socket.end('x'.repeat(length));
    assert.equal((await text(socket)).length, length);
  }
  await assert.rejects(loopback.dial(port), { code: 'ECONNREFUSED' });
});

test('a port in the namespace where nobody listens ends the connection', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'keystile-namespace-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const namespace = await NetworkNamespace.open(folder);
  t.after(() => namespace.close());
  const socket = await namespace.dial(await namespace.freePort());
  assert.equal(await text(socket), '');
});
