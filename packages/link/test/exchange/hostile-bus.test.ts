import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { decodeFrame, encodeFrame } from '../../src/frame/frame.ts';
import { PAYLOAD_MAX } from '../../src/index.ts';
import { forged, PairedLink } from '../support/paired-link.ts';

/**
 * Somebody on the wires who tries everything at random, with a right CRC each time: forged bytes, old frames under new
 * numbers, stripped flags, other kinds, silence. Whatever becomes of a message, the part carries it out once at most and
 * nothing that was not asked, and an answer that the host gets is the part's.
 */
const MESSAGES = process.env.KEYSTILE_TEST_FULL === '1' ? 6000 : 300;
const ATTACKED_OF_100 = 12;
const KEPT_MAX = 50;

class Attacker {
  readonly #chance: (below: number) => number;
  readonly #seen: Uint8Array[] = [];
  attacks = 0;

  constructor(chance: (below: number) => number) {
    this.#chance = chance;
  }

  readonly onWire = (frame: Uint8Array): Uint8Array | undefined => {
    this.#seen.push(frame.slice());
    if (this.#seen.length > KEPT_MAX) this.#seen.shift();
    if (this.#chance(100) >= ATTACKED_OF_100) return frame;
    this.attacks++;
    return this.#attack(frame);
  };

  #attack(frame: Uint8Array): Uint8Array | undefined {
    const honest = decodeFrame(frame, PAYLOAD_MAX) ?? assert.fail('a frame');
    const old = this.#seen[this.#chance(this.#seen.length)] ?? frame;
    switch (this.#chance(7)) {
      case 0:
        return forged(frame, 5 + this.#chance(Math.max(1, frame.length - 7)), 1 << this.#chance(8));
      case 1:
        return forged(frame, 1 + this.#chance(4), 1 << this.#chance(8));
      case 2:
        return old;
      case 3:
        return encodeFrame({ ...(decodeFrame(old, PAYLOAD_MAX) ?? honest), sequence: honest.sequence });
      case 4:
        return encodeFrame({ ...honest, secured: !honest.secured });
      case 5:
        return encodeFrame({ ...honest, kind: 'proceed', payload: new Uint8Array(0) });
      default:
        return undefined;
    }
  }
}

function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

for (const seed of [1, 2, 3]) {
  test(`a hostile bus costs answers, never their truth (seed ${seed})`, async () => {
    const chance = generator(seed);
    const attacker = new Attacker(chance);
    const paired = new PairedLink({ onWire: attacker.onWire });
    let answered = 0;
    const asked = new Set<string>();
    for (let count = 0; count < MESSAGES / 3; count++) {
      const message = Uint8Array.from({ length: 20 + chance(1500) }, () => chance(256));
      new DataView(message.buffer).setUint32(0, count);
      asked.add(toHex(message));
      try {
        assert.deepEqual(await paired.link.exchange(message), message.toReversed(), `seed ${seed}, message ${count}`);
        answered++;
      } catch (error) {
        assert.ok(error instanceof KeystileError, `seed ${seed}, message ${count}: ${String(error)}`);
      }
    }
    const carriedOut = paired.carriedOut.map(toHex);
    assert.equal(new Set(carriedOut).size, carriedOut.length, `seed ${seed}: each once at most`);
    assert.ok(
      carriedOut.every((each) => asked.has(each)),
      `seed ${seed}: nothing that was not asked`,
    );
    assert.ok(carriedOut.length >= answered);
    assert.ok(answered > 0 && attacker.attacks > MESSAGES / 10, `${answered} answers, ${attacker.attacks} attacks`);
  });
}
