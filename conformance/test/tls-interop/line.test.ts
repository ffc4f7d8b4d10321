import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { Line } from '../../src/tls-interop/line.ts';
import { loopback } from '../../src/tls-interop/network.ts';

const open: { destroy(): unknown }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.destroy();
});

/** A line, and the server's end of the network behind it. */
async function lineOf(records: ConstructorParameters<typeof Line>[1]): Promise<{ line: Line; server: Socket }> {
  const port = await loopback.freePort();
  const listener = createServer({ allowHalfOpen: true }).listen(port, '127.0.0.1');
  await once(listener, 'listening');
  const [near, [server]] = await Promise.all([loopback.dial(port), once(listener, 'connection') as Promise<[Socket]>]);
  listener.close();
  const line = new Line(near, records);
  open.push(line, server);
  return { line, server };
}

async function piecesOf(line: Line): Promise<readonly string[]> {
  const pieces: string[] = [];
  line.on('data', (bytes: Buffer) => pieces.push(bytes.toString()));
  await once(line, 'end');
  return pieces;
}

describe('the line', () => {
  it('hands over single bytes, both ways', async () => {
    const { line, server } = await lineOf('single bytes');
    const pieces = piecesOf(line);
    server.end('abc');
    assert.deepEqual(await pieces, ['a', 'b', 'c']);
    line.end('defg');
    server.setEncoding('utf8');
    assert.equal((await server.toArray()).join(''), 'defg');
  });

  it('hands over in one piece what the server says in a row, also when it then ends', async () => {
    const { line, server } = await lineOf('coalesced');
    const pieces = piecesOf(line);
    for (const word of ['one ', 'two ', 'three']) {
      await new Promise((resolve) => server.write(word, resolve));
    }
    await new Promise((resolve) => setTimeout(resolve, 60));
    server.end('four');
    assert.deepEqual(await pieces, ['one two three', 'four']);
  });

  it('ends when the server is gone', async () => {
    const { line, server } = await lineOf('whole');
    const pieces = piecesOf(line);
    server.resetAndDestroy();
    assert.deepEqual(await pieces, []);
    line.write('to nobody');
    line.end();
    await once(line, 'finish');
    assert.equal(line.errored, null);
  });
});
