import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { nextPacket, PacketBoundaries } from '../../src/agent/packets.ts';

const ping = Uint8Array.of(0xc0, 0);
/** PUBLISH of 200 bytes: a remaining length of two bytes. */
const publish = Uint8Array.of(0x30, 0xc5, 0x01, ...new Uint8Array(197).fill(0xc0));
const auth = Uint8Array.of(0xf0, 2, 0x19, 0);
const all = Buffer.concat([ping, publish, auth, ping]);

describe('the borders of packets', () => {
  it('are found in pieces of any size', () => {
    for (let size = 1; size <= all.length; size++) {
      const boundaries = new PacketBoundaries();
      const begun: number[] = [];
      for (let at = 0; at < all.length; at += size) begun.push(...boundaries.follow(all.subarray(at, at + size)));
      assert.deepEqual(begun, [12, 3, 15, 12], `pieces of ${size}`);
      assert.equal(boundaries.isBetweenPackets, true);
    }
  });

  it('are known to be elsewhere inside of each packet', () => {
    const ends = [2, 202, 206, 208];
    const boundaries = new PacketBoundaries();
    for (const [at, byte] of all.entries()) {
      boundaries.follow(Uint8Array.of(byte));
      assert.equal(boundaries.isBetweenPackets, ends.includes(at + 1), `after byte ${at}`);
    }
  });

  it('are nowhere behind a length of five bytes', () => {
    assert.throws(() => new PacketBoundaries().follow(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0xff)), {
      code: 'KS-D133',
    });
  });
});

describe('one packet off a stream', () => {
  it('leaves what follows, in pieces of any size', async () => {
    for (const size of [1, 2, 3, 150, all.length]) {
      const stream = new PassThrough();
      for (let at = 0; at < all.length; at += size) stream.write(all.subarray(at, at + size));
      stream.end();
      const taken = [await nextPacket(stream, 1000), await nextPacket(stream, 1000)];
      assert.deepEqual(
        taken.map((bytes) => bytes?.length),
        [2, 200],
      );
      const rest: Buffer[] = [];
      for await (const chunk of stream) rest.push(chunk);
      assert.deepEqual(Buffer.concat(rest), Buffer.concat([auth, ping]));
    }
  });

  it('is none at the end of the stream, a fault where it is too long, and what the stream failed with', async () => {
    const empty = new PassThrough();
    empty.end();
    assert.equal(await nextPacket(empty, 10), undefined);
    const long = new PassThrough();
    long.write(publish.subarray(0, 4));
    await assert.rejects(nextPacket(long, 199), { code: 'KS-D133' });
    const broken = new PassThrough();
    const taken = nextPacket(broken, 10);
    broken.destroy(new Error('cable'));
    await assert.rejects(taken, /cable/);
    await assert.rejects(nextPacket(broken, 10), /cable/);
  });
});
