import { type ClientPacket, encodePacket, NO_PROPERTIES, PacketDecoder } from '@keystile/mqtt';
import { generate, type Packet, parser } from 'mqtt-packet';
import { cpuMsOf, serveTasks } from '../contender.ts';
import { mix, toTopic } from './mix.ts';

/** One codec in a process of its own: `ours` or `peer`. It answers with packets per millisecond of CPU. */
export interface CodecTask {
  readonly operation: 'decode' | 'encode';
  /** A sample of the mix, or all of it in its shares. */
  readonly sample: string | undefined;
  readonly count: number;
}

/** Packets that arrive in one chunk, as from a socket that was full. */
const PACKETS_PER_CHUNK = 64;
const PACKET_SIZE_MAX = 1024 * 1024;
const VERSION = 5;

const connect = encodePacket(
  {
    kind: 'connect',
    version: VERSION,
    cleanStart: true,
    keepAliveSeconds: 60,
    clientId: 'c',
    properties: NO_PROPERTIES,
  },
  VERSION,
);

serveTasks<CodecTask>(async (task) => {
  const packets = sequenceOf(task.sample);
  const run = process.argv[2] === 'ours' ? ours(packets, task.operation) : peer(packets, task.operation);
  const rounds = Math.ceil(task.count / packets.length);
  let done = 0;
  const ms = await cpuMsOf(async () => {
    for (let round = 0; round < rounds; round++) done += run();
  });
  if (done !== rounds * packets.length) throw new Error(`${done} packets instead of ${rounds * packets.length}`);
  return done / ms;
});

/** Devices of the mix: each publishes to a topic of its own. */
const DEVICES = 64;
/** More topics than our decoder remembers. */
const TOPICS_MANY = 4096;

/** A few chunks' worth of packets, in the order of their shares. */
function sequenceOf(name: string | undefined): readonly ClientPacket[] {
  const samples = name === undefined ? mix : mix.filter((each) => each.name === name);
  const once = samples.flatMap(({ packet, share }) =>
    Array<ClientPacket>(Math.max(share, name === undefined ? 0 : 1)).fill(packet),
  );
  const count = samples.some(({ topicsDiffer }) => topicsDiffer === true && name !== undefined) ? TOPICS_MANY : DEVICES;
  const repeats = Math.ceil(count / once.length);
  return Array.from({ length: repeats }, (_, at) =>
    once.map((packet, of) => toTopic(packet, at * once.length + of)),
  ).flat();
}

function chunksOf(packets: readonly Uint8Array[]): readonly Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < packets.length; at += PACKETS_PER_CHUNK)
    chunks.push(Buffer.concat(packets.slice(at, at + PACKETS_PER_CHUNK)));
  return chunks;
}

/** How many packets one call has worked on. A CONNECT comes once in a connection, so each gets a decoder of its own. */
type Run = () => number;

function ours(packets: readonly ClientPacket[], operation: CodecTask['operation']): Run {
  if (operation === 'encode') {
    return () => {
      let bytes = 0;
      for (const packet of packets) bytes += encodePacket(packet, VERSION).length;
      return bytes > 0 ? packets.length : 0;
    };
  }
  const connects = packets.filter(({ kind }) => kind === 'connect').map((packet) => encodePacket(packet, VERSION));
  const chunks = chunksOf(
    packets.filter(({ kind }) => kind !== 'connect').map((packet) => encodePacket(packet, VERSION)),
  );
  const decoder = PacketDecoder.forServer(PACKET_SIZE_MAX);
  decoder.push(connect);
  decoder.next();
  return () => {
    let count = 0;
    for (const bytes of connects) {
      const fresh = PacketDecoder.forServer(PACKET_SIZE_MAX);
      fresh.push(bytes);
      if (fresh.next() !== undefined) count++;
    }
    for (const chunk of chunks) {
      decoder.push(chunk);
      while (decoder.next() !== undefined) count++;
    }
    return count;
  };
}

function peer(ours: readonly ClientPacket[], operation: CodecTask['operation']): Run {
  const encoded = ours.map((packet) => Buffer.from(encodePacket(packet, VERSION)));
  if (operation === 'encode') {
    // What its own parser makes of our bytes is what its writer takes.
    const packets = encoded.map(parsedByPeer);
    return () => {
      let bytes = 0;
      for (const packet of packets) bytes += generate(packet, { protocolVersion: VERSION }).length;
      return bytes > 0 ? packets.length : 0;
    };
  }
  const connects = encoded.filter((bytes) => bytes[0] === 0x10);
  const chunks = chunksOf(encoded.filter((bytes) => bytes[0] !== 0x10));
  let count = 0;
  const listening = parser({ protocolVersion: VERSION });
  listening.on('packet', () => count++);
  return () => {
    count = 0;
    for (const bytes of connects) {
      const fresh = parser({ protocolVersion: VERSION });
      fresh.on('packet', () => count++);
      fresh.parse(bytes);
    }
    for (const chunk of chunks) listening.parse(chunk);
    return count;
  };
}

function parsedByPeer(bytes: Buffer): Packet {
  const reader = parser({ protocolVersion: VERSION });
  let packet: Packet | undefined;
  reader.on('packet', (each: Packet) => {
    packet = each;
  });
  reader.parse(bytes);
  if (packet === undefined) throw new Error('the peer does not read a packet of the mix');
  return packet;
}
