import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { concatBytes } from '@keystile/bytes';
import {
  encodePacket,
  MqttError,
  NO_PROPERTIES,
  type Packet,
  PacketDecoder,
  type PublishPacket,
} from '../src/index.ts';
import {
  bytesOf,
  connectBytes,
  decodeAll,
  decoderFor,
  faultOf,
  packetId,
  topicName,
  Vectors,
} from './support/vectors.ts';

const vectors = new Vectors();
for (const version of [3, 4, 5] as const) {
  for (const to of ['server', 'client'] as const) {
    const silent = { version, to, reason: undefined } as const;
    const length = 'remaining-length';
    vectors.malformed('a length of five bytes', { ...silent, wire: ['30', 'ffffffff', '01'], fault: length });
    vectors.malformed('a fourth byte that goes on', { ...silent, wire: ['30', 'ffffffff'], fault: length });
    vectors.malformed('a length with a byte too many', { ...silent, wire: ['30', '8000'], fault: length });
    vectors.malformed('a greatest length', {
      version,
      to,
      wire: ['30', 'ffffff7f'],
      fault: 'packet-too-large',
      reason: 0x95,
    });
    vectors.malformed('type 0', { version, to, wire: ['00'], fault: 'packet-type', reason: 0x82 });
  }
}
for (const first of ['00', '20', '30', 'c0', 'f0']) {
  vectors.malformed(`a first byte ${first}`, {
    version: 4,
    to: 'server',
    first: true,
    wire: [first],
    fault: 'first-packet',
    reason: undefined,
  });
}

const publish: PublishPacket = {
  kind: 'publish',
  topic: topicName('t'),
  payload: new Uint8Array(0),
  qos: 0,
  retain: false,
  dup: false,
  packetId: undefined,
  properties: NO_PROPERTIES,
};

/** A PUBLISH of version 4 whose whole packet has so many bytes. */
function publishOf(size: number): Uint8Array {
  for (const header of [2, 3, 4]) {
    if (size < header + 3) break;
    const bytes = encodePacket({ ...publish, payload: new Uint8Array(size - header - 3) }, 4);
    if (bytes.length === size) return bytes;
  }
  assert.fail(`no packet of ${size} bytes`);
}

function pastConnect(packetSizeMax: number): PacketDecoder<Packet> {
  const decoder = PacketDecoder.forServer(packetSizeMax);
  assert.equal(decodeAll(decoder, [connectBytes(4)]).length, 1);
  return decoder;
}

describe('PacketDecoder', () => {
  for (const { name, run } of vectors.cases) it(name, run);

  it('takes a packet of the greatest size, fixed header included, and refuses one byte more by its header', () => {
    for (const max of [64, 128, 200, 20_000]) {
      assert.equal(decodeAll(pastConnect(max), [publishOf(max)])[0]?.kind, 'publish');
      const header = publishOf(max + 1).subarray(0, max > 16_386 ? 4 : max > 128 ? 3 : 2);
      const error = faultOf(() => decodeAll(pastConnect(max), [header]));
      assert.deepEqual([error.fault, error.reasonCode], ['packet-too-large', 0x95]);
    }
  });

  it('takes a new greatest size from the next packet on', () => {
    const decoder = pastConnect(100);
    decoder.push(concatBytes(publishOf(100), publishOf(100)));
    assert.ok(decoder.next());
    decoder.packetSizeMax = 99;
    assert.equal(faultOf(() => decoder.next()).fault, 'packet-too-large');
  });

  it('reads many packets from one chunk, and knows the version from the first', () => {
    const decoder = PacketDecoder.forServer(1000);
    assert.equal(decoder.version, undefined);
    const pings = new Array<Uint8Array>(10_000).fill(bytesOf(['c0', '00']));
    const kinds = decodeAll(decoder, [concatBytes(connectBytes(5), ...pings)]).map(({ kind }) => kind);
    assert.equal(decoder.version, 5);
    assert.deepEqual(kinds, ['connect', ...new Array<string>(10_000).fill('pingreq')]);
  });

  it('reads the same packets wherever the stream is cut in two', () => {
    const ack = { kind: 'puback', packetId: packetId(7), reason: 0, properties: NO_PROPERTIES } as const;
    const sent: Packet[] = [publish, ack, { kind: 'pingreq' }, { ...publish, payload: new Uint8Array(200).fill(7) }];
    const bytes = concatBytes(...sent.map((packet) => encodePacket(packet, 4)));
    for (let cut = 0; cut <= bytes.length; cut++) {
      const packets = decodeAll(decoderFor('server', 4, 'publish'), [bytes.slice(0, cut), bytes.slice(cut)]);
      assert.deepEqual(packets, sent, `cut at ${cut}`);
    }
  });

  it('leaves what it has handed out alone when more arrives', () => {
    const decoder = decoderFor('server', 4, 'publish');
    const first = encodePacket({ ...publish, payload: Uint8Array.of(1, 2, 3) }, 4);
    const second = encodePacket({ ...publish, payload: Uint8Array.of(4, 5, 6) }, 4);
    // The cuts make the decoder join chunks in a buffer of its own, and go on in it.
    const stream = concatBytes(first, second, first);
    const packets = decodeAll(decoder, [
      stream.slice(0, 4),
      stream.slice(4, 11),
      stream.slice(11, 13),
      stream.slice(13),
    ]);
    const payloads = packets.map((packet) => packet.kind === 'publish' && [...packet.payload]);
    assert.deepEqual(payloads, [
      [1, 2, 3],
      [4, 5, 6],
      [1, 2, 3],
    ]);
  });

  it('is dead after a fault: packets behind it are not read, and what is pushed is dropped', () => {
    const decoder = decoderFor('server', 4, 'publish');
    decoder.push(bytesOf(['c0', '00', 'c1', '00', 'c0', '00']));
    assert.equal(decoder.next()?.kind, 'pingreq');
    const error = faultOf(() => decoder.next());
    assert.ok(error instanceof MqttError);
    assert.equal(error.packet, 'pingreq');
    assert.equal(error.version, 4);
    decoder.push(bytesOf(['c0', '00']));
    assert.equal(decoder.waiting, 0);
    const repeated = faultOf(() => decoder.next());
    assert.equal(repeated, error);
  });

  it('takes a large packet in small pieces in linear time', () => {
    const size = 1_000_000;
    const bytes = publishOf(size);
    const decoder = pastConnect(size);
    const startedAt = performance.now();
    const pieces = Array.from({ length: Math.ceil(size / 10) }, (_, at) => bytes.subarray(at * 10, at * 10 + 10));
    const [packet] = decodeAll(decoder, pieces);
    assert.ok(packet?.kind === 'publish' && packet.payload.length > 999_000);
    // About 30 ms; moving all that is there for each piece would copy 50 GB.
    assert.ok(performance.now() - startedAt < 5000);
  });

  it('reserves nothing because of a declared length', () => {
    const decoders = Array.from({ length: 1000 }, () => pastConnect(268_435_460));
    const before = process.memoryUsage().arrayBuffers;
    for (const decoder of decoders) assert.deepEqual(decodeAll(decoder, [bytesOf(['30', 'ffffff7f', '00'])]), []);
    assert.ok(process.memoryUsage().arrayBuffers - before < 10_000_000);
  });
});
