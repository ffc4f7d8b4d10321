import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServerProcess } from '../../src/tls-interop/server-process.ts';

function nodeRunning(script: string): ServerProcess {
  return new ServerProcess({ name: 'the script', command: [process.execPath, '-e', script] });
}

test('what a server prints on either output can be awaited, and it is stopped', async () => {
  const server = nodeRunning('console.log("listening"); console.error("on 17"); setInterval(() => {}, 1000)');
  await server.starts(/^listening$/m);
  await server.prints(/^on 17$/m);
  server.forget();
  await assert.rejects(server.prints(/^on 17$/m, 50));
  const { pid } = server;
  await server.stop();
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  await server.stop();
});

test('a server that ends instead is told with its last words', async () => {
  const server = nodeRunning('console.log("hello"); console.error("no such cipher"); process.exitCode = 1');
  await assert.rejects(server.starts(/listening/), { message: /^the script ended: (.* \/ )?(hello|no such cipher)/ });
});

test('a server that says nothing is not waited for without end', async () => {
  const server = nodeRunning('setInterval(() => {}, 1000)');
  await assert.rejects(server.prints(/listening/, 50), { message: /^the script did not print \/listening\// });
  await server.stop();
});

test('a program that is not there is told like one that ends', async () => {
  const server = new ServerProcess({ name: 'nothing', command: ['/nonexistent/server'] });
  await assert.rejects(server.starts(/listening/), { message: /^nothing ended: .*ENOENT/ });
  await server.stop();
});
