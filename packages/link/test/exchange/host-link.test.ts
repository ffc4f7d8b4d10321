import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeystileError } from '@keystile/errors';
import { HostLink, MESSAGE_MAX, PartLink } from '../../src/index.ts';
import { type Anomaly, FlakyBus, type FlakyBusOptions } from './flaky-bus.ts';

/** A request of several frames, and an answer of several: its own bytes, reversed, so that both directions are checked. */
const request = Uint8Array.from({ length: 2500 }, (_, i) => (i * 7) & 0xff);
const answer = request.toReversed();

function linkOver(options: Partial<FlakyBusOptions> = {}): { link: HostLink; bus: FlakyBus; calls: () => number } {
  let calls = 0;
  const bus = new FlakyBus({
    payloadMax: 1024,
    ...options,
    handle: (bytes) => {
      calls++;
      return bytes.toReversed();
    },
  });
  return { link: new HostLink(bus, { now: bus.now }), bus, calls: () => calls };
}

test('a message of any length crosses in frames and comes back', async () => {
  const { link } = linkOver();
  for (const length of [0, 1, 1023, 1024, 1025, 5000, MESSAGE_MAX]) {
    const message = request.length >= length ? request.subarray(0, length) : new Uint8Array(length).fill(3);
    assert.deepEqual(await link.exchange(message), message.toReversed());
  }
});

test('exchanges that are asked for at once are carried out one after the other', async () => {
  const { link } = linkOver();
  const messages = Array.from({ length: 20 }, (_, i) => new Uint8Array(1500).fill(i));
  assert.deepEqual(await Promise.all(messages.map((message) => link.exchange(message))), messages);
});

test('the frame payload is the lesser of what both sides want', async () => {
  const bus = new FlakyBus({ handle: (bytes) => bytes, payloadMax: 2000 });
  const link = new HostLink(bus, { now: bus.now, payloadMax: 3000 });
  await link.exchange(request);
  assert.equal(link.payloadMax, 2000);
});

for (const anomaly of ['flip', 'drop', 'stall'] as const) {
  test(`any one transfer hit by a ${anomaly} costs a retransmission and nothing else`, async () => {
    const clean = linkOver();
    await clean.link.exchange(request);
    for (let k = 0; k < clean.bus.transfers; k++) {
      const { link, calls } = linkOver({ anomalyAt: (transfer) => (transfer === k ? anomaly : undefined) });
      assert.deepEqual(await link.exchange(request), answer, `transfer ${k}`);
      assert.equal(calls(), 1, `transfer ${k}: carried out once`);
      assert.deepEqual(await link.exchange(request), answer, `the exchange after transfer ${k}`);
    }
  });

  test(`a bus on which every transfer from k on is hit by a ${anomaly} fails with its code, and the link recovers`, async () => {
    for (let k = 0; k < 12; k++) {
      let broken = true;
      const hit = (transfer: number): Anomaly | undefined => (broken && transfer >= k ? anomaly : undefined);
      const { link, calls } = linkOver({ anomalyAt: hit });
      await assert.rejects(
        link.exchange(request),
        (error) => error instanceof KeystileError && error.code === 'KS-L100',
      );
      assert.ok(calls() <= 1, 'never carried out twice');
      broken = false;
      assert.deepEqual(await link.exchange(request), answer);
    }
  });
}

test('a seeded noisy bus loses time, never data', async () => {
  let state = 12345;
  const noise = (): Anomaly | undefined => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state % 100 < 4 ? (['flip', 'drop', 'stall'] as const)[state % 3] : undefined;
  };
  const { link, calls } = linkOver({ anomalyAt: noise });
  for (let i = 0; i < 200; i++) assert.deepEqual(await link.exchange(request), answer);
  assert.equal(calls(), 200);
  assert.ok(link.counters.retransmissions > 50, 'the noise was real');
});

test('a request that the link cannot carry is refused before it is sent', async () => {
  const { link, calls } = linkOver();
  await assert.rejects(link.exchange(new Uint8Array(MESSAGE_MAX + 1)), /KS-L104/);
  assert.equal(calls(), 0);
});

test('the same sequence number with other bytes is not taken for a retransmission', async () => {
  const { encodeFrame, decodeFrame } = await import('../../src/frame/frame.ts');
  const handled: number[] = [];
  const part = new PartLink({
    handle: (bytes) => {
      handled.push(bytes[0] ?? 0);
      return bytes;
    },
  });
  const send = (kind: 'data' | 'resynchronise', sequence: number, ...payload: number[]): void =>
    part.receive(encodeFrame({ kind, sequence, more: false, secured: false, payload: Uint8Array.from(payload) }));
  send('resynchronise', 5, 4, 0);
  send('data', 6, 1);
  await new Promise(setImmediate);
  send('data', 6, 2);
  assert.equal(decodeFrame(part.reply ?? new Uint8Array(0), 4096)?.kind, 'repeat');
  send('data', 6, 1);
  assert.equal(decodeFrame(part.reply ?? new Uint8Array(0), 4096)?.kind, 'data');
  assert.deepEqual(handled, [1]);
});
