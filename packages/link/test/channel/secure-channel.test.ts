import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeUtf8 } from '@keystile/bytes';
import { type Frame, frameHeader } from '../../src/frame/frame.ts';
import { SEAL_LENGTH, type SecureChannel } from '../../src/index.ts';
import { pairOfChannels } from '../support/channels.ts';

function frame(text: string, change: Partial<Frame> = {}): Frame {
  return { sequence: 1, kind: 'data', more: false, secured: false, payload: encodeUtf8(text), ...change };
}

function sealed(by: SecureChannel, plain: Frame): Frame {
  return by.seal(plain) ?? assert.fail('the channel seals');
}

describe('a secure channel', () => {
  it('adds sixteen bytes and the flag, and hides what it carries', () => {
    const { host, part } = pairOfChannels();
    for (const text of ['', 'x', 'twenty-one degrees', 'a'.repeat(4080)]) {
      const carried = sealed(host, frame(text));
      assert.equal(carried.secured, true);
      assert.equal(carried.payload.length, text.length + SEAL_LENGTH);
      if (text.length > 4) assert.equal(Buffer.from(carried.payload).includes(text.slice(0, 5)), false);
      assert.equal(Buffer.from(part.open(carried) ?? assert.fail()).toString(), text);
    }
  });

  it('seals the same text differently each time and in each direction', () => {
    const { host, part } = pairOfChannels();
    const all = [host, host, part, part].map((by) => Buffer.from(sealed(by, frame('again')).payload).toString('hex'));
    assert.equal(new Set(all).size, 4);
  });

  it('opens nothing of which one bit was changed, header included, and closes for ever', () => {
    const plain = frame('set-point 21.5', { more: true });
    const { payload } = sealed(pairOfChannels().host, plain);
    for (let at = 0; at < payload.length; at++) {
      const { host, part } = pairOfChannels();
      const whole = sealed(host, plain);
      const changed = whole.payload.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x80;
      assert.equal(part.open({ ...whole, payload: changed }), undefined, `byte ${at}`);
      assert.equal(part.isOpen, false);
      assert.equal(part.open(whole), undefined, 'also the true one comes too late');
      assert.equal(part.seal(plain), undefined);
    }
    for (const change of [{ more: false }, { sequence: 2 }, { kind: 'proceed' as const }]) {
      const { host, part } = pairOfChannels();
      assert.equal(part.open({ ...sealed(host, plain), ...change }), undefined, JSON.stringify(change));
    }
  });

  it('opens each frame once, in the order in which they were sealed, and none of its own', () => {
    const replayed = pairOfChannels();
    const first = sealed(replayed.host, frame('first'));
    assert.ok(replayed.part.open(first));
    assert.equal(replayed.part.open(first), undefined);

    const swapped = pairOfChannels();
    sealed(swapped.host, frame('first'));
    assert.equal(swapped.part.open(sealed(swapped.host, frame('second'))), undefined);

    const reflected = pairOfChannels();
    assert.equal(reflected.host.open(sealed(reflected.host, frame('first'))), undefined);
  });

  it('opens nothing that is shorter than its tag', () => {
    for (let length = 0; length < SEAL_LENGTH; length++) {
      const { part } = pairOfChannels();
      assert.equal(part.open(frame('', { payload: new Uint8Array(length), secured: true })), undefined);
      assert.equal(part.isOpen, false);
    }
  });

  it('ends when its frames are used up, and says so at half of them', () => {
    const { host, part } = pairOfChannels(8);
    for (let count = 0; count < 8; count++) {
      assert.equal(host.isHalfSpent, count >= 4);
      assert.equal(part.isHalfSpent, count >= 4);
      assert.ok(part.open(sealed(host, frame(String(count)))));
    }
    assert.equal(host.seal(frame('one more')), undefined);
    assert.equal(host.isOpen, false);
    assert.equal(part.open(frame('', { payload: new Uint8Array(40), secured: true })), undefined);
  });

  it('goes on past 255 frames, where the sequence numbers come again', () => {
    const { host, part } = pairOfChannels();
    for (let count = 0; count < 600; count++) {
      assert.ok(part.open(sealed(host, frame('x', { sequence: count & 0xff }))), `frame ${count}`);
    }
  });

  it('authenticates the header as the frame has it on the bus', () => {
    assert.deepEqual([...frameHeader(frame('', { secured: true, sequence: 7 }), 0x0112)], [0xa7, 0x28, 7, 0x01, 0x12]);
  });
});
