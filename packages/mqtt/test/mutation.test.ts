import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { concatBytes, toHex } from '@keystile/bytes';
import { encodePacket, MqttError, type MqttFault, type Packet, PacketDecoder, type PacketKind } from '../src/index.ts';
import { anyPacket, kindsOf, packetOfKind, type Way } from './support/any-packet.ts';
import { damaged, pieces } from './support/mutation.ts';
import { Random } from './support/random.ts';
import { connectBytes, decodeAll, decoderFor, plain } from './support/vectors.ts';

/**
 * Valid packets of every kind, damaged and fed in pieces. Whatever comes of it: nothing but MqttError escapes, what
 * waits stays below the greatest packet, the pieces make no difference, and what is taken can be written and read again.
 */

const full = process.env.KEYSTILE_TEST_FULL === '1';
const cases = full ? 1_000_000 : 20_000;
const seed = 0x4d51_5454;
const packetSizeMax = 2048;
/** One case takes some 20 µs; a pause of the machine takes longer. */
const caseMsMax = 5000;
const ways: readonly Way[] = ([3, 4, 5] as const).flatMap((version) =>
  (['server', 'client'] as const).map((to) => ({ version, to })),
);

interface Outcome {
  readonly packets: readonly Packet[];
  readonly error: MqttError | undefined;
}

describe('damaged packets', () => {
  it(`end in a packet or an MqttError, in ${cases} cases`, () => {
    const faults = new Map<MqttFault, number>();
    const kinds = new Map<PacketKind, number>();
    for (let number = 0; number < cases; number++) {
      const way = ways[number % ways.length] ?? { version: 5, to: 'server' };
      const { packets, error } = oneCase(new Random(seed + number), way);
      for (const { kind } of packets) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      if (error !== undefined) faults.set(error.fault, (faults.get(error.fault) ?? 0) + 1);
    }
    // The damage is neither harmless nor always fatal, and reaches every reader and almost every rule.
    assert.equal(kinds.size, 15);
    const faulty = [...faults.values()].reduce((sum, count) => sum + count, 0);
    assert.ok(faulty > cases / 4 && faulty < cases, `${faulty} faults in ${cases} cases`);
    assert.ok(faults.size >= 28, `only ${[...faults.keys()].join(', ')}`);
  });
});

function oneCase(random: Random, way: Way): Outcome {
  const { stream, prefix } = damagedStream(random, way);
  const chunks = [prefix, ...pieces(stream, random)];
  try {
    return judged(chunks, way);
  } catch (error) {
    const bytes = chunks.map(toHex).join(' ');
    throw new Error(`seed ${random.seed}, version ${way.version} to ${way.to}: ${bytes}`, { cause: error });
  }
}

function judged(chunks: readonly Uint8Array[], way: Way): Outcome {
  const startedAt = performance.now();
  const outcome = feed(fresh(way), chunks);
  const whole = feed(fresh(way), [concatBytes(...chunks)]);
  assert.ok(performance.now() - startedAt < caseMsMax);
  assert.deepEqual(plain(outcome.packets), plain(whole.packets));
  assert.equal(outcome.error?.message, whole.error?.message);
  let { version } = way;
  for (const packet of outcome.packets) {
    if (packet.kind === 'connect') version = packet.version;
    const again = decodeAll(decoderFor(way.to, version, packet.kind), [encodePacket(packet, version)]);
    assert.deepEqual(plain(again), plain([packet]));
  }
  return outcome;
}

/** A few packets of which at least one is damaged; a server has mostly seen a good CONNECT before. */
function damagedStream(random: Random, way: Way): { readonly stream: Uint8Array; readonly prefix: Uint8Array } {
  const isFirst = way.to === 'server' && random.oneIn(4);
  const prefix = way.to === 'server' && !isFirst ? connectBytes(way.version) : new Uint8Array(0);
  const kinds = kindsOf(way).filter((kind) => kind !== 'connect' || isFirst);
  const packets = random.list(1, 3, () => encodePacket(packetOfKind(random.pick(kinds), random, way), way.version));
  if (isFirst) packets.unshift(encodePacket(packetOfKind('connect', random, way), way.version));
  const victim = isFirst ? 0 : random.below(packets.length);
  const other = encodePacket(anyPacket(random, way), way.version);
  const stream = packets.map((packet, at) => (at === victim ? damaged(packet, random, other) : packet));
  return { stream: concatBytes(...stream), prefix };
}

function fresh({ version, to }: Way): PacketDecoder<Packet> {
  return to === 'server' ? PacketDecoder.forServer(packetSizeMax) : PacketDecoder.forClient(version, packetSizeMax);
}

function feed(decoder: PacketDecoder<Packet>, chunks: readonly Uint8Array[]): Outcome {
  const packets: Packet[] = [];
  let error: MqttError | undefined;
  for (const chunk of chunks) {
    decoder.push(chunk);
    try {
      for (let packet = decoder.next(); packet !== undefined; packet = decoder.next()) packets.push(packet);
    } catch (caught) {
      if (!(caught instanceof MqttError)) throw caught;
      assert.ok(error === undefined || caught === error);
      error = caught;
    }
    assert.ok(decoder.waiting < (error === undefined ? packetSizeMax : 1));
  }
  return { packets, error };
}
