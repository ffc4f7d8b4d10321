import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { HostLink, type LinkCounters } from '../../src/index.ts';
import { BusFaults } from '../../src/node/bus-faults.ts';
import { openVirtualBus, parseBusFaults, parseBusSpeed, serveVirtualBus } from '../../src/node/index.ts';

const folder = await mkdtemp(join(tmpdir(), 'ks-faults-'));
after(() => rm(folder, { recursive: true }));

/** Long beside an answer, and short beside a test. */
const REPLY_TIMEOUT_MS = 150;
let buses = 0;

/** Exchanges over a bus with these faults; each request is answered by its own bytes, reversed. */
async function exchangeOver(faults: string, { exchanges = 40, bus = 'spi:10MHz' } = {}): Promise<LinkCounters> {
  const path = join(folder, `${buses++}.sock`);
  const carriedOut: number[] = [];
  const server = await serveVirtualBus({
    path,
    payloadMax: 256,
    faults: parseBusFaults(faults),
    handle: (request) => {
      carriedOut.push(request[0] ?? 0);
      return request.toReversed();
    },
  });
  const master = await openVirtualBus({ path, bus: parseBusSpeed(bus) });
  const link = new HostLink(master, { now: () => performance.now(), replyTimeoutMs: REPLY_TIMEOUT_MS });
  try {
    for (let i = 0; i < exchanges; i++) {
      const request = Uint8Array.from({ length: 300 }, (_, at) => (at === 0 ? i : at & 0xff));
      assert.deepEqual(Buffer.from(await link.exchange(request)), Buffer.from(request.toReversed()), `exchange ${i}`);
    }
  } finally {
    master.close();
    await server.close();
  }
  assert.deepEqual(carriedOut, [...Array(exchanges).keys()], 'each is carried out once');
  return link.counters;
}

for (const bus of ['spi:10MHz', 'i2c:400kHz']) {
  test(`flipped bits, duplicates, stalls and lost frames on ${bus} cost time, never data`, async () => {
    const { retransmissions } = await exchangeOver('seed=3,flip=0.08,duplicate=0.08,stall=0.01,drop=0.01', { bus });
    assert.ok(retransmissions > 5, `${retransmissions} retransmissions: the faults were real`);
  });
}

test('a bus on which nothing arrives whole is a coded error, and no wait without end', async () => {
  await assert.rejects(exchangeOver('flip=1'), { code: 'KS-L100' });
  await assert.rejects(exchangeOver('drop=1'), { code: 'KS-L100' });
});

test('a bus on which everything comes twice or late still works', async () => {
  await exchangeOver('duplicate=1');
  await exchangeOver('stall=1', { exchanges: 3 });
});

test('the same seed gives the same faults, another seed others, and each master its own', () => {
  const rates = parseBusFaults('seed=7,flip=0.1,drop=0.1,stall=0.1,duplicate=0.1');
  const drawn = (faults: BusFaults): string =>
    Array.from({ length: 400 }, () => `${faults.next()} ${faults.flipped(new Uint8Array(64))}`).join();
  const first = drawn(new BusFaults(rates, 0));
  assert.equal(drawn(new BusFaults(rates, 0)), first);
  assert.notEqual(drawn(new BusFaults(rates, 1)), first);
  assert.notEqual(drawn(new BusFaults({ ...rates, seed: 8 }, 0)), first);
});

test('each kind comes as often as its rate says, and a flip changes one bit', () => {
  const faults = new BusFaults(parseBusFaults('seed=11,flip=0.1,drop=0.05,stall=0.2,duplicate=0.02'), 0);
  const seen = new Map<string | undefined, number>();
  for (let i = 0; i < 20_000; i++) {
    const fault = faults.next();
    seen.set(fault, (seen.get(fault) ?? 0) + 1);
  }
  for (const [kind, rate] of [
    ['flip', 0.1],
    ['drop', 0.05],
    ['stall', 0.2],
    ['duplicate', 0.02],
  ] as const) {
    const share = (seen.get(kind) ?? 0) / 20_000;
    assert.ok(Math.abs(share - rate) < 0.01, `${kind}: ${share}`);
  }
  for (let i = 0; i < 200; i++) {
    const bits = faults
      .flipped(new Uint8Array(9))
      .reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
    assert.equal(bits, 1);
  }
});

test('rates that are none are refused', () => {
  assert.deepEqual(parseBusFaults('flip=1'), { seed: 0, flip: 1, drop: 0, stall: 0, duplicate: 0 });
  for (const text of [
    '',
    'flip',
    'flip=',
    'flip=-1',
    'noise=0.1',
    'flip=0.6,drop=0.5',
    'seed=1.5',
    'seed=4294967296',
    'flip=0.1;drop=0.1',
    'flip=1.1',
    '__proto__=1',
  ]) {
    assert.throws(() => parseBusFaults(text), { code: 'KS-L130' }, text);
  }
});
