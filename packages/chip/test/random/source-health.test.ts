import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { SourceHealth, WINDOW_LENGTH } from '../../src/random/source-health.ts';

/** Every byte once, over and over: the most even source there is. */
const even = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => at % 256);

function verdict(...pieces: readonly Uint8Array[]): string {
  const health = new SourceHealth();
  try {
    for (const piece of pieces) health.check(piece);
    return 'healthy';
  } catch (error) {
    return (error as Error).message;
  }
}

test('the operating system’s source raises no alarm in a million bytes', () => {
  assert.equal(verdict(...Array.from({ length: 16 }, () => randomBytes(65_536))), 'healthy');
});

test('repetition count: seven times the same is chance, eight is a stuck source', () => {
  const run = (length: number): Uint8Array => Uint8Array.of(1, ...new Uint8Array(length).fill(9), 2);
  assert.equal(verdict(run(7)), 'healthy');
  assert.match(verdict(run(8)), /^KS-C186: .* 8 times in a row/);
  assert.match(verdict(new Uint8Array(4).fill(9), new Uint8Array(4).fill(9)), /in a row/, 'across two draws');
});

test('adaptive proportion: a byte 34 times in a window passes, 35 times is a biased source, wherever it stands', () => {
  const spread = (count: number, first: number): Uint8Array => {
    const samples = even(WINDOW_LENGTH).map((byte) => (byte === 200 ? 201 : byte));
    for (let put = 0; put < count; put++) samples[first + 2 * put] = 200;
    return samples;
  };
  for (const first of [0, 7, 400]) {
    assert.equal(verdict(spread(34, first)), 'healthy');
    assert.match(verdict(spread(35, first)), /^KS-C186: .* 35 times among 512/);
  }
});

test('windows are counted apart, and in pieces as well as whole', () => {
  const samples = even(4 * WINDOW_LENGTH);
  // 30 in the second half of one window and 30 in the first half of the next.
  for (let put = 0; put < 60; put++) samples[WINDOW_LENGTH - 60 + 2 * put] = 200;
  assert.equal(verdict(samples), 'healthy');
  assert.equal(verdict(...Array.from(samples, (byte) => Uint8Array.of(byte))), 'healthy');
});
