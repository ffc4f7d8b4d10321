import { encodeUtf8 } from '@keystile/bytes';
import {
  type ClientPacket,
  NO_PROPERTIES,
  type PacketId,
  type Properties,
  parsePacketId,
  parseTopicFilter,
  parseTopicName,
  type TopicFilter,
  type TopicName,
} from '@keystile/mqtt';

/** The packets of the named mix, version 5: what a fleet that reports and is commanded sends. */
export interface Sample {
  readonly name: string;
  /** How often it stands in the mix. */
  readonly share: number;
  readonly packet: ClientPacket;
  /** Whether each PUBLISH is to another topic, of more than our decoder remembers. */
  readonly topicsDiffer?: true;
}

const id = must(parsePacketId(4711));
const topic = must(parseTopicName('ac/ac-7f3a09/state'));
const payload = new Uint8Array(128).fill(0x61);
const properties: Properties = {
  ...NO_PROPERTIES,
  payloadFormatIndicator: 1,
  messageExpiryInterval: 3600,
  contentType: 'application/json',
  userProperties: [['unit', 'office']],
};

function publish(qos: 0 | 1, packetId: PacketId | undefined, of: Properties): ClientPacket {
  return { kind: 'publish', topic, payload, qos, retain: false, dup: false, packetId, properties: of };
}

const request = { qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
const filters = ['ac/ac-7f3a09/set/#', '$keystile/ac-7f3a09/command'].map((each) => must(parseTopicFilter(each)));

export const mix: readonly Sample[] = [
  { name: 'PUBLISH of 128 B', share: 8, packet: publish(0, undefined, NO_PROPERTIES) },
  { name: 'PUBLISH of 128 B, QoS 1, properties', share: 4, packet: publish(1, id, properties) },
  {
    name: 'PUBLISH of 128 B, ever other topics',
    share: 0,
    packet: publish(0, undefined, NO_PROPERTIES),
    topicsDiffer: true,
  },
  { name: 'PUBACK', share: 4, packet: { kind: 'puback', packetId: id, reason: 0, properties: NO_PROPERTIES } },
  {
    name: 'SUBSCRIBE of two filters',
    share: 1,
    packet: {
      kind: 'subscribe',
      packetId: id,
      subscriptions: filters.map((filter) => ({ filter, ...request })),
      properties: NO_PROPERTIES,
    },
  },
  {
    name: 'CONNECT with a will',
    share: 1,
    packet: {
      kind: 'connect',
      version: 5,
      cleanStart: false,
      keepAliveSeconds: 60,
      clientId: 'ac-7f3a09',
      properties: { ...NO_PROPERTIES, sessionExpiryInterval: 3600, receiveMaximum: 20 },
      will: {
        topic: must(parseTopicName('ac/ac-7f3a09/availability')),
        payload: encodeUtf8('offline'),
        qos: 1,
        retain: true,
        properties: NO_PROPERTIES,
      },
    },
  },
];

/** The same packet to one of many topics. */
export function toTopic(packet: ClientPacket, number: number): ClientPacket {
  return packet.kind === 'publish' ? { ...packet, topic: must(parseTopicName(`ac/ac-${number}/state`)) } : packet;
}

function must<T extends PacketId | TopicName | TopicFilter>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('the mix does not parse');
  return value;
}
