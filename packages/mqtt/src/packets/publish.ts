import { NO_PROPERTIES, type Properties, readProperties, writeProperties } from '../properties.ts';
import { PacketType, type ProtocolVersion, type QoS } from '../protocol.ts';
import type { PacketReader } from '../reader.ts';
import type { PacketId, TopicName } from '../topic.ts';
import { PacketWriter } from '../writer.ts';
import { readPacketId } from './packet-id.ts';
import { readTopicName } from './topics.ts';

/** PUBLISH (§3.3). The payload shares memory with what the transport delivered. */
export interface PublishPacket {
  readonly kind: 'publish';
  /** Undefined when a topic alias stands for it. */
  readonly topic: TopicName | undefined;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly dup: boolean;
  /** Present exactly when `qos` is not 0 [MQTT-2.2.1-2]. */
  readonly packetId: PacketId | undefined;
  readonly properties: Properties;
}

/** Identifier and lengths around topic and payload, and a few properties: room that seldom needs to grow. */
const OVERHEAD_EXPECTED = 16;
const PROPERTIES_EXPECTED = 112;

/** What is wrong with the flags of the fixed header: known before the body has come. */
export function publishFlagsFlaw(flags: number): string | undefined {
  const qos = (flags >> 1) & 3;
  if (qos === 3) return 'QoS is 3 [MQTT-3.3.1-4]';
  return qos === 0 && (flags & 8) !== 0 ? 'DUP is set at QoS 0 [MQTT-3.3.1-2]' : undefined;
}

/** Flags without a flaw are the caller's duty. */
export function readPublish(
  reader: PacketReader,
  { flags, fromClient }: { readonly flags: number; readonly fromClient: boolean },
): PublishPacket {
  const qos = (flags >> 1) & 3;
  const dup = (flags & 8) !== 0;
  const topic = readTopicName(reader);
  const packetId = qos === 0 ? undefined : readPacketId(reader);
  const properties = reader.context.version === 5 ? readProperties(reader, 'publish') : NO_PROPERTIES;
  if (properties !== NO_PROPERTIES) checkProperties(reader, properties, fromClient);
  if (topic === undefined && properties.topicAlias === undefined) {
    throw reader.fault('topic-missing', 'neither a topic nor a topic alias');
  }
  const payload = reader.rest();
  return { kind: 'publish', topic, payload, qos: qos as QoS, retain: (flags & 1) !== 0, dup, packetId, properties };
}

function checkProperties(reader: PacketReader, properties: Properties, fromClient: boolean): void {
  if (fromClient && properties.subscriptionIdentifiers !== undefined) {
    throw reader.fault('property-not-allowed', 'a client sends no subscription identifier [MQTT-3.3.4-6]');
  }
  if (properties.topicAlias === 0) throw reader.fault('topic-alias', 'topic alias is 0 [MQTT-3.3.2-8]');
}

export function writePublish(packet: PublishPacket, version: ProtocolVersion): Uint8Array {
  if (packet.topic === undefined && (version !== 5 || packet.properties.topicAlias === undefined)) {
    throw new RangeError('a PUBLISH needs a topic or a topic alias');
  }
  const topic = packet.topic ?? '';
  const overhead = OVERHEAD_EXPECTED + (packet.properties === NO_PROPERTIES ? 0 : PROPERTIES_EXPECTED);
  const writer = new PacketWriter(topic.length + packet.payload.length + overhead);
  writer.text(topic);
  if (packet.qos > 0) {
    if (packet.packetId === undefined) throw new RangeError('a PUBLISH above QoS 0 needs a packet identifier');
    writer.u16(packet.packetId);
  }
  if (version === 5) writeProperties(writer, 'publish', packet.properties);
  writer.raw(packet.payload);
  return writer.finish((PacketType.publish << 4) | (packet.dup ? 8 : 0) | (packet.qos << 1) | (packet.retain ? 1 : 0));
}
