import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { KeystileError } from '@keystile/errors';
import { FRAME_OVERHEAD, HostLink } from '../../src/index.ts';
import { askControl, openVirtualBus, parseBusSpeed, serveControl, serveVirtualBus } from '../../src/node/index.ts';
import { encodeWire } from '../../src/node/virtual-bus-wire.ts';

const folder = await mkdtemp(join(tmpdir(), 'ks-bus-'));
const path = join(folder, 'bus.sock');
const server = await serveVirtualBus({ path, handle: (request) => request.toReversed(), payloadMax: 1024 });
after(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

function refused(code: string): (error: unknown) => boolean {
  return (error) => error instanceof KeystileError && error.code === code;
}

for (const [name, readyLine] of [
  ['spi:10MHz', true],
  ['spi:1MHz', false],
  ['i2c:400kHz', true],
  ['i2c:100kHz', false],
] as const) {
  test(`requests cross ${name} ${readyLine ? 'with a ready line' : 'by polling'}`, async () => {
    const bus = await openVirtualBus({ path, bus: parseBusSpeed(name), readyLine });
    const link = new HostLink(bus, { now: () => performance.now() });
    for (const length of [0, 1, 1024, 3000]) {
      const request = Uint8Array.from({ length }, (_, i) => i & 0xff);
      assert.deepEqual(Buffer.from(await link.exchange(request)), Buffer.from(request.toReversed()));
    }
    bus.close();
  });
}

test('bus time is exact: eight clock periods a byte on SPI, nine and the address, START and STOP on I2C', async () => {
  for (const [name, expected] of [
    ['spi:1MHz', (writes: number[], reads: number[]) => [...writes, ...reads].reduce((sum, n) => sum + 8 * n, 0)],
    [
      'i2c:100kHz',
      (writes: number[], reads: number[]) => [...writes, ...reads].reduce((sum, n) => sum + 2 + 9 * (n + 1), 0),
    ],
  ] as const) {
    const bus = await openVirtualBus({ path, bus: parseBusSpeed(name) });
    const link = new HostLink(bus, { now: () => performance.now() });
    await link.exchange(new Uint8Array(10));
    const resynchronisation = FRAME_OVERHEAD + 2;
    const exchange = FRAME_OVERHEAD + 10;
    // Each frame is written in one transaction and read in two: the header, then the rest.
    const reads = [5, resynchronisation - 5, 5, exchange - 5];
    assert.equal(bus.clockPeriods, expected([resynchronisation, exchange], reads), name);
    assert.equal(bus.busNs, (bus.clockPeriods * 1e9) / bus.bus.hz);
    bus.close();
  }
});

test('two masters have links of their own and are served one request after the other', async () => {
  const links = await Promise.all(
    [1, 2].map(async () => {
      const bus = await openVirtualBus({ path, bus: parseBusSpeed('spi:10MHz') });
      return { bus, link: new HostLink(bus, { now: () => performance.now() }) };
    }),
  );
  const answers = await Promise.all(
    links.flatMap(({ link }, i) => [link.exchange(Uint8Array.of(i, 7)), link.exchange(Uint8Array.of(i, 9))]),
  );
  assert.deepEqual(
    answers.map((bytes) => [...bytes]),
    [
      [7, 0],
      [9, 0],
      [7, 1],
      [9, 1],
    ],
  );
  for (const { bus } of links) bus.close();
});

test('the socket is this user’s alone', async () => {
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test('no socket, a path that is too long and a bus that is none are coded errors', async () => {
  const bus = parseBusSpeed('spi:10MHz');
  await assert.rejects(openVirtualBus({ path: join(folder, 'none.sock'), bus }), refused('KS-L103'));
  await assert.rejects(openVirtualBus({ path: join(folder, 'x'.repeat(108)), bus }), refused('KS-L105'));
  for (const text of ['spi', 'spi:', 'spi:0Hz', 'i2c:10MHz', 'uart:1MHz', 'spi:10 MHz', 'spi:1e6Hz']) {
    assert.throws(() => parseBusSpeed(text), refused('KS-L102'), text);
  }
});

test('a part that leaves the bus in the middle of an exchange is a coded error, not a wait', async () => {
  const own = join(folder, 'leaving.sock');
  const leaving = createServer((socket) => socket.once('data', () => setTimeout(() => socket.destroy(), 20)));
  await new Promise<void>((resolve) => leaving.listen(own, resolve));
  const bus = await openVirtualBus({ path: own, bus: parseBusSpeed('spi:10MHz') });
  const link = new HostLink(bus, { now: () => performance.now() });
  await assert.rejects(link.exchange(Uint8Array.of(1)), refused('KS-L106'));
  await new Promise((resolve) => leaving.close(resolve));
});

test('a part without anything to say is idle on SPI and silent on I2C, and what it said to an earlier write is never read', async () => {
  const own = join(folder, 'late.sock');
  const late = createServer((socket) => {
    socket.on('data', () => {
      socket.write(encodeWire({ kind: 'ready', transaction: 0, bytes: Uint8Array.of(1, 1, 1) }));
      socket.write(encodeWire({ kind: 'ready', transaction: 1, bytes: Uint8Array.of(7, 8) }));
    });
  });
  await new Promise<void>((resolve) => late.listen(own, resolve));
  for (const [name, idle] of [
    ['spi:10MHz', [0xff, 0xff]],
    ['i2c:400kHz', undefined],
  ] as const) {
    const bus = await openVirtualBus({ path: own, bus: parseBusSpeed(name) });
    const read = async (length: number): Promise<number[] | undefined> => {
      const bytes = await bus.read(length);
      return bytes && [...bytes];
    };
    assert.deepEqual(await read(2), idle);
    await bus.write(Uint8Array.of(5));
    assert.equal(await bus.ready(1000), true);
    assert.deepEqual(await read(1), [7]);
    assert.deepEqual(await read(2), [8, 0xff], 'a read that goes on past the reply');
    assert.deepEqual(await read(2), idle);
    bus.close();
  }
  await new Promise((resolve) => late.close(resolve));
});

test('the control socket answers one line with one line and refuses what it does not know', async () => {
  const own = join(folder, 'control.sock');
  const control = await serveControl(own, async (request) => {
    if (request.op === 'tamper') throw new KeystileError('KS-L100', 'no');
    return { heard: request.op };
  });
  assert.deepEqual(await askControl(own, { op: 'reset-line' }), { ok: true, heard: 'reset-line' });
  await assert.rejects(askControl(own, { op: 'tamper', cause: 'pin' }), refused('KS-L100'));
  await assert.rejects(askControl(own, { op: 'explode' } as never), refused('KS-L101'));
  await new Promise((resolve) => control.close(resolve));
});
