import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import { generate } from 'mqtt-packet';
import { TestBroker, wssListener } from '../support/test-broker.ts';
import { TestFleet } from '../support/test-fleet.ts';

/** Frames that no WebSocket library sends (RFC 6455 §5.2), written by hand behind a real upgrade. */

const FINAL = 0x80;
const RESERVED_1 = 0x40;
const [CONTINUATION, BINARY, PING] = [0, 2, 9];
const MASKED = 0x80;
const noMask = Buffer.alloc(4);
const connectPacket = generate({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 5,
  clean: true,
  keepalive: 0,
  clientId: 'console/1',
});

/** A frame of up to 125 bytes, masked with zeros. */
function frame(first: number, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(first, MASKED | payload.length), noMask, payload]);
}

/** The head of a frame whose length is said in 64 bits. */
function longHead(first: number, length: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(length);
  return Buffer.concat([Buffer.of(first, MASKED | 127), bytes, noMask]);
}

describe('Hostile WebSocket frames', () => {
  let fleet: TestFleet;
  let broker: TestBroker;

  before(async () => {
    fleet = await TestFleet.make();
    broker = await TestBroker.start(fleet, wssListener());
  });

  after(async () => {
    await broker.close();
    assert.deepEqual(broker.faults, []);
  });

  async function upgraded(): Promise<{ readonly socket: TLSSocket; readonly head: string }> {
    const socket = connect({ host: 'localhost', port: broker.port('wss'), ca: fleet.authorities.root.pem });
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    socket.write(
      'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://console.example\r\n' +
        'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n' +
        `Sec-WebSocket-Protocol: mqtt, keystile-token.${await fleet.token()}\r\n\r\n`,
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    const head = answer.toString('latin1');
    assert.match(head, /^HTTP\/1\.1 101 /);
    return { socket, head };
  }

  /** Everything that comes until the connection ends, or for as long as an answer may take. */
  async function endOf(socket: TLSSocket): Promise<{ readonly closed: boolean; readonly bytes: Buffer }> {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    const closed = await Promise.race([once(socket, 'end').then(() => true), sleep(4000, false, { ref: false })]);
    socket.destroy();
    return { closed, bytes: Buffer.concat(chunks) };
  }

  test('compression is not agreed on, though it is offered', async () => {
    const { socket, head } = await upgraded();
    assert.doesNotMatch(head, /sec-websocket-extensions/i);
    socket.destroy();
  });

  const hostile: Readonly<Record<string, { readonly bytes: Uint8Array; readonly code: number }>> = {
    'a compressed frame': { bytes: frame(FINAL | RESERVED_1 | BINARY, Buffer.of(1, 2, 3)), code: 1002 },
    'a frame of 256 MiB': { bytes: longHead(FINAL | BINARY, 2n ** 28n), code: 1009 },
    'a frame of more bytes than there are numbers for': { bytes: longHead(FINAL | BINARY, 2n ** 63n), code: 1009 },
    'a frame without a mask': { bytes: Buffer.of(FINAL | BINARY, 3, 1, 2, 3), code: 1002 },
    'a continuation of nothing': { bytes: frame(FINAL | CONTINUATION, Buffer.of(1)), code: 1002 },
    'a ping in pieces': { bytes: frame(PING, Buffer.of(1)), code: 1002 },
    'fragments without end': {
      bytes: Buffer.concat([
        frame(BINARY, Buffer.of(0x10)),
        ...Array.from({ length: 20_000 }, () => frame(CONTINUATION, Buffer.of(0))),
      ]),
      code: 1008,
    },
  };
  for (const [what, { bytes, code }] of Object.entries(hostile)) {
    test(`${what} ends the connection with ${code}`, async () => {
      const { socket } = await upgraded();
      socket.write(bytes);
      const end = await endOf(socket);
      assert.equal(end.closed, true);
      // A close frame: its code is the first two bytes of the payload.
      assert.equal(end.bytes[0], FINAL | 8);
      assert.equal(end.bytes.readUInt16BE(2), code);
    });
  }

  test('a packet in fragments of one byte is a packet [MQTT-6.0.0-1]', async () => {
    const { socket } = await upgraded();
    const [first = 0, ...rest] = connectPacket;
    socket.write(frame(BINARY, Buffer.of(first)));
    for (const byte of rest) socket.write(frame(CONTINUATION, Buffer.of(byte)));
    socket.write(frame(FINAL | CONTINUATION, new Uint8Array(0)));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.equal(answer[2], 0x20);
    socket.destroy();
  });

  test('a flood of pings that are never read is not answered without end', async () => {
    const { socket } = await upgraded();
    socket.write(frame(FINAL | BINARY, connectPacket));
    await once(socket, 'data');
    socket.pause();
    const pings = Buffer.concat(Array.from({ length: 500 }, () => frame(FINAL | PING, Buffer.alloc(125))));
    let sent = 0;
    const before = process.memoryUsage();
    // More than the buffers of the kernel hold: a broker that answers each would keep the rest. It may also end it.
    for (let round = 0; round < 600; round++) {
      if (!socket.destroyed && socket.writableLength < 1_000_000) {
        socket.write(pings);
        sent += pings.length;
      }
      await sleep(1);
    }
    assert.ok(socket.destroyed || sent > 20_000_000, `${sent} bytes are no flood`);
    while (!socket.destroyed && socket.writableLength > 0) await sleep(5);
    const after = process.memoryUsage();
    const grown = after.arrayBuffers + after.external - before.arrayBuffers - before.external;
    assert.ok(grown < 10_000_000, `${grown} bytes are kept of ${sent}`);
    socket.destroy();
  });
});
