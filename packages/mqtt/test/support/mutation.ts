import { concatBytes } from '@keystile/bytes';
import { PacketWriter } from '../../src/writer.ts';
import type { Random } from './random.ts';

/** Seeded damage to valid packets. Half of it keeps the framing whole, so that the damage is seen by the packet's own reader. */

type Damage = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

/** Values at which a length, a count or a flag changes its meaning. */
const edges = [0x00, 0x01, 0x02, 0x7e, 0x7f, 0x80, 0x81, 0xc0, 0xed, 0xf4, 0xfe, 0xff];

const damages: readonly Damage[] = [
  function flip(bytes, random) {
    return changed(bytes, random, (byte) => byte ^ (1 << random.below(8)));
  },
  function setEdge(bytes, random) {
    return changed(bytes, random, () => random.pick(edges));
  },
  function insert(bytes, random) {
    const at = random.below(bytes.length + 1);
    return concatBytes(bytes.subarray(0, at), random.bytes(8), bytes.subarray(at));
  },
  function remove(bytes, random) {
    const at = random.below(bytes.length + 1);
    return concatBytes(bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(8)));
  },
  function repeat(bytes, random) {
    const at = random.below(bytes.length + 1);
    const end = at + random.below(24);
    return concatBytes(bytes.subarray(0, end), bytes.subarray(at));
  },
  function splice(bytes, random, other) {
    const at = random.below(bytes.length + 1);
    return concatBytes(bytes.subarray(0, at), other.subarray(random.below(other.length + 1)));
  },
  function cut(bytes, random) {
    return bytes.slice(0, random.below(bytes.length + 1));
  },
  function lie(bytes, random) {
    // Two bytes somewhere say another length: as a string's, or a long one's.
    const at = random.below(bytes.length);
    const length = random.oneIn(2) ? random.below(64) : random.below(65_536);
    return concatBytes(bytes.subarray(0, at), Uint8Array.of(length >> 8, length & 0xff), bytes.subarray(at + 2));
  },
];

/** One to three kinds of damage to a packet; `other` lends bytes. */
export function damaged(packet: Uint8Array, random: Random, other: Uint8Array): Uint8Array {
  const keepsFraming = random.oneIn(2);
  let bytes = keepsFraming ? bodyOf(packet) : packet;
  for (const damage of random.list(1, 3, () => random.pick(damages))) bytes = damage(bytes, random, other);
  if (!keepsFraming) return bytes;
  // The first byte may be damaged too: it decides which reader the body meets.
  const first = random.oneIn(8) ? random.below(256) : (packet[0] ?? 0);
  return new PacketWriter(bytes.length).raw(bytes).finish(first);
}

/** The bytes in pieces, mostly small. */
export function pieces(bytes: Uint8Array, random: Random): Uint8Array[] {
  const found: Uint8Array[] = [];
  const lengthMax = random.pick([1, 3, 16, 100, bytes.length + 1]);
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random.below(lengthMax);
    found.push(bytes.slice(at, at + length));
    at += length;
  }
  return found;
}

function bodyOf(packet: Uint8Array): Uint8Array {
  let at = 1;
  while ((packet[at] ?? 0) > 0x7f) at += 1;
  return packet.subarray(at + 1);
}

function changed(bytes: Uint8Array, random: Random, change: (byte: number) => number): Uint8Array {
  const copy = bytes.slice();
  const at = random.below(copy.length || 1);
  if (at < copy.length) copy[at] = change(copy[at] ?? 0);
  return copy;
}
