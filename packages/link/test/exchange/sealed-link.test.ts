import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { equalPublicBytes } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { decodeFrame, encodeFrame, FRAME_OVERHEAD, type Frame } from '../../src/frame/frame.ts';
import { PAYLOAD_MAX, SEAL_LENGTH } from '../../src/index.ts';
import { forged, PairedLink, type PairedLinkOptions } from '../support/paired-link.ts';
import type { Anomaly } from './flaky-bus.ts';

/** Of three frames each way; it can be recognised on the wires. */
const request = Uint8Array.from({ length: 2500 }, (_, i) => (i * 7) & 0xff);
const answer = request.toReversed();
const other = Uint8Array.from({ length: 40 }, (_, i) => 200 - i);

async function opened(options: PairedLinkOptions = {}): Promise<PairedLink> {
  const paired = new PairedLink(options);
  await paired.link.exchange(other);
  paired.carriedOut.length = 0;
  return paired;
}

function frameOf(bytes: Uint8Array): Frame {
  return decodeFrame(bytes, PAYLOAD_MAX) ?? assert.fail('a frame');
}

/** The link works, and the part has carried out each message once at most. */
async function assertRecovers(paired: PairedLink, where: string): Promise<void> {
  assert.deepEqual(await paired.link.exchange(request), answer, where);
  const times = paired.carriedOut.filter((each) => equalPublicBytes(each, other)).length;
  assert.ok(times <= 1, `${where}: carried out ${times} times`);
  for (const each of paired.carriedOut) {
    assert.ok(equalPublicBytes(each, other) || equalPublicBytes(each, request), `${where}: nothing that was not asked`);
  }
}

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return 'none';
  } catch (error) {
    if (!(error instanceof KeystileError)) throw error;
    return error.code;
  }
}

describe('a sealed link', () => {
  it('carries messages of any length, and shows none of them to the wires', async () => {
    const seen: Uint8Array[] = [];
    const onWire = (frame: Uint8Array): Uint8Array => {
      seen.push(frame.slice());
      return frame;
    };
    const paired = await opened({ onWire });
    for (const length of [0, 1, 1007, 1008, 1009, 2500]) {
      const message = request.subarray(0, length);
      assert.deepEqual(await paired.link.exchange(message), message.toReversed());
    }
    const wires = Buffer.concat(seen);
    for (const text of [request, answer]) {
      for (let at = 0; at + 8 <= text.length; at += 100)
        assert.equal(wires.includes(Buffer.from(text.subarray(at, at + 8))), false);
    }
    assert.equal(paired.exchanges, 1);
  });

  it('costs sixteen bytes a frame', async () => {
    const paired = await opened();
    const before = paired.link.counters;
    await paired.link.exchange(other);
    const { bytes, frames } = paired.link.counters;
    assert.equal(frames - before.frames, 2);
    assert.equal(bytes - before.bytes, 2 * (other.length + FRAME_OVERHEAD + SEAL_LENGTH));
  });

  for (const anomaly of ['flip', 'drop', 'stall'] as const) {
    it(`loses nothing when any one transfer is hit by a ${anomaly}, the exchange included`, async () => {
      const clean = new PairedLink();
      await clean.link.exchange(request);
      for (let k = 0; k < clean.bus.transfers; k++) {
        const paired = new PairedLink({ anomalyAt: (transfer) => (transfer === k ? anomaly : undefined) });
        assert.deepEqual(await paired.link.exchange(request), answer, `transfer ${k}`);
        assert.equal(paired.carriedOut.length, 1);
        assert.equal(paired.exchanges, 1, 'noise costs a retransmission, not the channel');
      }
    });
  }

  it('repeats identical ciphertext when a reply is lost, and is answered with the sealed reply that was kept', async () => {
    const seen: { readonly direction: string; readonly frame: Uint8Array }[] = [];
    let drop = 0;
    const paired = await opened({
      onWire: (frame, direction) => {
        seen.push({ direction, frame: frame.slice() });
        return direction === 'read' && drop-- > 0 ? undefined : frame;
      },
    });
    seen.length = 0;
    drop = 2;
    assert.deepEqual(await paired.link.exchange(other), other.toReversed());
    const sent = seen.filter(({ direction }) => direction === 'write').map(({ frame }) => Buffer.from(frame));
    const replies = seen.filter(({ direction }) => direction === 'read').map(({ frame }) => Buffer.from(frame));
    assert.equal(sent.length, 3);
    for (const each of sent) assert.deepEqual(each, sent[0]);
    for (const each of replies) assert.deepEqual(each, replies[0]);
    assert.equal(frameOf(replies[0] ?? assert.fail()).secured, true);
    assert.equal(paired.carriedOut.length, 1);
    assert.equal(paired.exchanges, 1);
  });
});

describe('on a sealed link, whoever sits on the wires', () => {
  for (const direction of ['write', 'read'] as const) {
    it(`gets nothing carried out by changing any byte of a frame that is ${direction === 'write' ? 'sent' : 'answered'}`, async () => {
      const length = other.length + SEAL_LENGTH + FRAME_OVERHEAD;
      for (let at = 0; at < length - 2; at++) {
        let armed = false;
        const paired = await opened({
          onWire: (frame, way) => {
            if (!armed || way !== direction) return frame;
            armed = false;
            return forged(frame, at, 0x08);
          },
        });
        armed = true;
        const code = await codeOf(paired.link.exchange(other));
        // What the link takes for noise it sends again; what authentication has found ends the channel.
        assert.ok(['none', 'KS-L110', 'KS-L111', 'KS-L101'].includes(code), `byte ${at}: ${code}`);
        if (at >= 5) assert.equal(code, direction === 'write' ? 'KS-L110' : 'KS-L111', `byte ${at}`);
        await assertRecovers(paired, `byte ${at}`);
      }
    });
  }

  it('cannot replay a frame, neither at once nor under the number that comes next', async () => {
    let recorded: Uint8Array | undefined;
    const paired = await opened({
      onWire: (frame, way) => {
        if (way === 'write' && frameOf(frame).secured) recorded ??= frame.slice();
        return frame;
      },
    });
    await paired.link.exchange(other);
    await paired.link.exchange(other);
    assert.equal(paired.carriedOut.length, 2);
    const old = recorded ?? assert.fail('a sealed frame was seen');
    paired.bus.inject(old);
    const { sequence } = frameOf(old);
    for (let next = 0; next < 256; next++) {
      paired.bus.inject(encodeFrame({ ...frameOf(old), sequence: (sequence + next) & 0xff }));
    }
    await new Promise(setImmediate);
    assert.equal(paired.carriedOut.length, 2, 'nothing was carried out again');
    paired.carriedOut.length = 0;
    await codeOf(paired.link.exchange(other));
    await assertRecovers(paired, 'after the replays');
  });

  it('cannot swap two frames of a message, nor leave one out', async () => {
    for (const attack of ['swap', 'leave out'] as const) {
      let armed = false;
      let held: Frame | undefined;
      const paired: PairedLink = await opened({
        onWire: (frame, way) => {
          if (!armed || way !== 'write' || !frameOf(frame).secured) return frame;
          const { sequence } = frameOf(frame);
          if (held === undefined) {
            // The host is told that the part has the first piece, and sends the second.
            held = frameOf(frame.slice());
            paired.bus.injectReply(
              encodeFrame({ kind: 'proceed', sequence, more: false, secured: false, payload: new Uint8Array(0) }),
            );
            return undefined;
          }
          armed = false;
          // The second in the place of the first; the part's answer goes back under the number that the host waits for.
          paired.bus.inject(encodeFrame({ ...frameOf(frame), sequence: held.sequence }));
          return attack === 'swap' ? encodeFrame({ ...held, sequence }) : frame;
        },
      });
      armed = true;
      assert.equal(await codeOf(paired.link.exchange(request)), 'KS-L110', attack);
      assert.equal(paired.carriedOut.length, 0);
      await assertRecovers(paired, attack);
    }
  });

  it('cannot add a piece in clear to a sealed message, nor a sealed one to a message in clear', async () => {
    for (const strip of [true, false]) {
      let count = 0;
      let armed = false;
      const paired = await opened({
        onWire: (frame, way) => {
          if (!armed || way !== 'write' || frameOf(frame).kind !== 'data') return frame;
          const isTurn = (count++ === 0) !== strip;
          return isTurn ? encodeFrame({ ...frameOf(frame), secured: false }) : frame;
        },
      });
      armed = true;
      assert.equal(await codeOf(paired.link.exchange(request)), 'KS-L110');
      assert.equal(paired.carriedOut.length, 0);
      armed = false;
      await assertRecovers(paired, `strip ${strip}`);
    }
  });

  it('closes the channel by another frame under the number of the last one, and gets nothing else', async () => {
    let last: Uint8Array | undefined;
    const paired = await opened({
      onWire: (frame, way) => {
        if (way === 'write') last = frame.slice();
        return frame;
      },
    });
    await paired.link.exchange(other);
    paired.bus.inject(forged(last ?? assert.fail(), 20));
    assert.equal(await codeOf(paired.link.exchange(other)), 'KS-L110');
    assert.equal(paired.carriedOut.length, 1);
    await paired.link.exchange(other);
    assert.equal(paired.exchanges, 2);
  });

  it('cannot answer in the place of the part, in clear or under an older reply', async () => {
    for (const attack of ['in clear', 'older'] as const) {
      let armed = false;
      let older: Uint8Array | undefined;
      const paired = await opened({
        onWire: (frame, way) => {
          if (way !== 'read' || frameOf(frame).kind !== 'data') return frame;
          if (!armed) {
            if (frameOf(frame).secured) older = frame.slice();
            return frame;
          }
          const { sequence } = frameOf(frame);
          const payload = Uint8Array.of(0);
          if (attack === 'in clear') return encodeFrame({ ...frameOf(frame), secured: false, payload });
          return encodeFrame({ ...frameOf(older ?? assert.fail()), sequence });
        },
      });
      armed = true;
      assert.equal(await codeOf(paired.link.exchange(other)), attack === 'in clear' ? 'KS-L110' : 'KS-L111');
      armed = false;
      await assertRecovers(paired, attack);
    }
  });

  it('stops a message by injected control frames at most', async () => {
    for (const kind of ['proceed', 'busy', 'repeat', 'resynchronise'] as const) {
      for (const secured of [false, true]) {
        let armed = false;
        const paired = await opened({
          onWire: (frame, way) => {
            if (!armed || way !== 'write') return frame;
            armed = false;
            const payload = kind === 'resynchronise' ? Uint8Array.of(4, 0) : new Uint8Array(0);
            return encodeFrame({ ...frameOf(frame), kind, secured, payload });
          },
        });
        armed = true;
        const code = await codeOf(paired.link.exchange(other));
        assert.match(code, /^(none|KS-L1\d\d)$/, kind);
        await assertRecovers(paired, kind);
      }
    }
  });
});

describe('a channel', () => {
  it('is made anew, unasked, when half of its frames are used', async () => {
    const paired = new PairedLink({ framesMax: 40 });
    for (let count = 0; count < 100; count++) await paired.link.exchange(other);
    assert.equal(paired.carriedOut.length, 100);
    assert.equal(paired.exchanges, 5);
  });

  it('may also be made anew within the one before it', async () => {
    const paired = await opened();
    for (let time = 0; time < 3; time++) {
      await paired.renewWithin();
      assert.deepEqual(await paired.link.exchange(request), answer);
    }
    assert.equal(paired.exchanges, 4);
  });

  it('that is used up within a message fails with its code, and the next command has a new one', async () => {
    const paired = new PairedLink({ framesMax: 5 });
    assert.deepEqual(await paired.link.exchange(request), answer);
    const long = new Uint8Array(8000).fill(1);
    assert.equal(await codeOf(paired.link.exchange(long)), 'KS-L114');
    await paired.link.exchange(other);
    assert.equal(paired.carriedOut.length, 2);
  });

  it('that the part has lost is replaced with the next command: the one under way fails, and is not sent again', async () => {
    const paired = await opened();
    paired.bus.restartPart();
    const code = await codeOf(paired.link.exchange(other));
    assert.match(code, /^KS-L1(00|10)$/);
    assert.equal(paired.carriedOut.length, 0);
    assert.deepEqual(await paired.link.exchange(other), other.toReversed());
    assert.equal(paired.exchanges, 2);
  });

  it('survives a seeded noisy bus: time is lost, data is not', async () => {
    let state = 4711;
    const noise = (): Anomaly | undefined => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return state % 100 < 4 ? (['flip', 'drop', 'stall'] as const)[state % 3] : undefined;
    };
    const paired = new PairedLink({ anomalyAt: noise });
    for (let count = 0; count < 100; count++) assert.deepEqual(await paired.link.exchange(request), answer);
    assert.equal(paired.carriedOut.length, 100);
    assert.ok(paired.link.counters.retransmissions > 25, 'the noise was real');
  });
});
