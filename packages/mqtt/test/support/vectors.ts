import assert from 'node:assert/strict';
import { fromHex, toHex } from '@keystile/bytes';
import {
  encodePacket,
  MqttError,
  type MqttFault,
  NO_PROPERTIES,
  type Packet,
  PacketDecoder,
  type PacketId,
  type ProtocolVersion,
  parsePacketId,
  parseTopicFilter,
  parseTopicName,
  type TopicFilter,
  type TopicName,
} from '../../src/index.ts';

/** Wire bytes are hexadecimal, one string per field, so that each can have a comment. */
export type Wire = readonly string[];
export type Receiver = 'server' | 'client';

/** Larger than any packet of these tests. */
const SIZE_MAX = 2_000_000;

export interface PacketVector {
  readonly version: ProtocolVersion;
  /** Who takes the packet; `both` runs everything in both directions. */
  readonly to: Receiver | 'both';
  readonly wire: Wire;
  readonly packet: Packet;
  /** What the encoder writes, where the wire is legal and not the shortest form. */
  readonly encoded?: Wire;
}

export interface MalformedVector {
  readonly version: ProtocolVersion;
  readonly to: Receiver;
  readonly wire: Wire;
  readonly fault: MqttFault;
  /** What goes on the wire of version 5; undefined when the connection is closed without a word. */
  readonly reason: number | undefined;
  /** Whether it is the first packet of its connection. */
  readonly first?: boolean;
}

/** A test of one vector, to be given to `it` in the file that it belongs to. */
export interface Case {
  readonly name: string;
  readonly run: () => void;
}

/** Collects the vectors of one test file. */
export class Vectors {
  readonly cases: Case[] = [];

  /** A valid packet, four ways: decode, encode, round trip, byte at a time. */
  packet(name: string, vector: PacketVector): void {
    for (const to of vector.to === 'both' ? (['server', 'client'] as const) : [vector.to]) {
      for (const [way, run] of Object.entries(ways)) {
        this.cases.push({ name: `${name} (${vector.version}, to ${to}): ${way}`, run: () => run(vector, to) });
      }
    }
  }

  /** A packet that must be refused, with its fault and its reason code: in one piece and in single bytes. */
  malformed(name: string, vector: MalformedVector): void {
    const { version, to, fault } = vector;
    this.cases.push({ name: `${name} (${version}, to ${to}): ${fault}`, run: () => refuses(vector) });
  }
}

const ways: Readonly<Record<string, (vector: PacketVector, to: Receiver) => void>> = {
  decodes: ({ version, wire, packet }, to) => {
    assert.deepEqual(plain(decodeAll(decoderFor(to, version, packet.kind), [bytesOf(wire)])), plain([packet]));
  },
  encodes: ({ version, wire, packet, encoded = wire }) => {
    assert.equal(toHex(encodePacket(packet, version)), encoded.join(''));
  },
  'round trip': ({ version, wire, packet, encoded = wire }, to) => {
    const [decoded] = decodeAll(decoderFor(to, version, packet.kind), [bytesOf(wire)]);
    assert.ok(decoded);
    const again = encodePacket(decoded, version);
    assert.equal(toHex(again), encoded.join(''));
    assert.deepEqual(plain(decodeAll(decoderFor(to, version, packet.kind), [again])), plain([packet]));
  },
  'byte at a time': ({ version, wire, packet }, to) => {
    const bytes = bytesOf(wire);
    const decoder = decoderFor(to, version, packet.kind);
    for (const byte of bytes.subarray(0, -1)) {
      decoder.push(Uint8Array.of(byte));
      assert.equal(decoder.next(), undefined);
    }
    decoder.push(bytes.subarray(-1));
    assert.deepEqual(plain(decoder.next()), plain(packet));
    assert.equal(decoder.next(), undefined);
  },
};

function refuses({ version, to, wire, fault, reason, first = false }: MalformedVector): void {
  const bytes = bytesOf(wire);
  for (const pieces of [[bytes], [...bytes].map((byte) => Uint8Array.of(byte))]) {
    const decoder = decoderFor(to, version, first ? 'connect' : 'publish');
    const error = faultOf(() => decodeAll(decoder, pieces));
    assert.equal(error.fault, fault, error.message);
    assert.equal(error.reasonCode, reason);
    // The stream stays dead, whatever follows.
    decoder.push(encodePacket({ kind: 'pingreq' }, version));
    const repeated = faultOf(() => decoder.next());
    assert.equal(repeated, error);
  }
}

/** A decoder that is past CONNECT, unless CONNECT is what comes. */
export function decoderFor(receiver: Receiver, version: ProtocolVersion, kind: Packet['kind']): PacketDecoder<Packet> {
  if (receiver === 'client') return PacketDecoder.forClient(version, SIZE_MAX);
  const decoder = PacketDecoder.forServer(SIZE_MAX);
  if (kind === 'connect') return decoder;
  decoder.push(connectBytes(version));
  assert.equal(decoder.next()?.kind, 'connect');
  return decoder;
}

export function connectBytes(version: ProtocolVersion): Uint8Array {
  const start = { cleanStart: true, keepAliveSeconds: 60, clientId: 'c', properties: NO_PROPERTIES };
  return encodePacket({ kind: 'connect', version, ...start }, version);
}

export function decodeAll(decoder: PacketDecoder<Packet>, pieces: readonly Uint8Array[]): Packet[] {
  const packets: Packet[] = [];
  for (const piece of pieces) {
    decoder.push(piece);
    for (let packet = decoder.next(); packet !== undefined; packet = decoder.next()) packets.push(packet);
  }
  return packets;
}

export function faultOf(act: () => unknown): MqttError {
  try {
    act();
  } catch (error) {
    if (error instanceof MqttError) return error;
    throw error;
  }
  assert.fail('no fault');
}

/** First byte, remaining length and fields: for packets in which the framing is not what is wrong. */
export function framed(first: string, ...fields: readonly string[]): Wire {
  const length = fields.join('').length / 2;
  assert.ok(length < 0x80);
  return [first, length.toString(16).padStart(2, '0'), ...fields];
}

export function bytesOf(wire: Wire): Uint8Array {
  return fromHex(wire.join(''));
}

/** The hexadecimal of a string with its 16-bit length before it. */
export function text(value: string): string {
  const bytes = new TextEncoder().encode(value);
  return bytes.length.toString(16).padStart(4, '0') + toHex(bytes);
}

export function topicName(value: string): TopicName {
  return must(parseTopicName(value));
}

export function topicFilter(value: string): TopicFilter {
  return must(parseTopicFilter(value));
}

export function packetId(value: number): PacketId {
  return must(parsePacketId(value));
}

/** Byte arrays as hexadecimal, so that a slice and a copy of the same bytes are equal. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

function must<T>(value: T | undefined): T {
  assert.ok(value !== undefined);
  return value;
}
