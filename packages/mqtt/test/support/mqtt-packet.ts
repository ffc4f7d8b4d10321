import { generate, parser, type Packet as TheirPacket } from 'mqtt-packet';
import type {
  ConnackPacket,
  ConnectPacket,
  Packet,
  Properties,
  ProtocolVersion,
  PublishPacket,
  SubscribePacket,
} from '../../src/index.ts';

/** `mqtt-packet`, the codec of MQTT.js, as an independent opinion: our packets in its words, and its two directions. */

/** What `mqtt-packet` writes. It throws for what it does not write. */
export function generateTheirs(packet: Packet, version: ProtocolVersion): Uint8Array {
  return new Uint8Array(
    generate(inTheirWords(packet, version) as unknown as TheirPacket, { protocolVersion: version }),
  );
}

/** What `mqtt-packet` reads: the packets, or its error. */
export function parseTheirs(bytes: Uint8Array, version: ProtocolVersion): readonly object[] | Error {
  const packets: object[] = [];
  const errors: Error[] = [];
  const reader = parser({ protocolVersion: version });
  reader.on('packet', (packet) => packets.push(packet));
  reader.on('error', (error: Error) => errors.push(error));
  reader.parse(Buffer.from(bytes));
  return errors[0] ?? packets;
}

/** Our packet as the object that `mqtt-packet` would make of it; a field that it would not set is undefined. */
export function inTheirWords(packet: Packet, version: ProtocolVersion): Readonly<Record<string, unknown>> {
  switch (packet.kind) {
    case 'connect':
      return connect(packet);
    case 'connack':
      return connack(packet, version);
    case 'publish':
      return publish(packet);
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp': {
      const reasonCode = version === 5 ? packet.reason : undefined;
      return { cmd: packet.kind, messageId: packet.packetId, reasonCode, properties: properties(packet.properties) };
    }
    case 'subscribe':
      return subscribe(packet, version);
    case 'unsubscribe':
      return {
        cmd: 'unsubscribe',
        messageId: packet.packetId,
        unsubscriptions: packet.filters,
        properties: properties(packet.properties),
      };
    case 'suback':
    case 'unsuback': {
      const granted = packet.kind === 'unsuback' && version !== 5 ? undefined : packet.codes;
      return { cmd: packet.kind, messageId: packet.packetId, granted, properties: properties(packet.properties) };
    }
    case 'disconnect':
    case 'auth': {
      const reasonCode = version === 5 ? packet.reason : undefined;
      return { cmd: packet.kind, reasonCode, properties: properties(packet.properties) };
    }
    case 'pingreq':
    case 'pingresp':
      return { cmd: packet.kind };
  }
}

function connect(packet: ConnectPacket): Readonly<Record<string, unknown>> {
  const { will } = packet;
  return {
    cmd: 'connect',
    protocolId: packet.version === 3 ? 'MQIsdp' : 'MQTT',
    protocolVersion: packet.version,
    clean: packet.cleanStart,
    keepalive: packet.keepAliveSeconds,
    clientId: packet.clientId,
    username: packet.userName,
    password: packet.password && Buffer.from(packet.password),
    will: will && {
      topic: will.topic,
      payload: Buffer.from(will.payload),
      qos: will.qos,
      retain: will.retain,
      ...optional('properties', properties(will.properties)),
    },
    properties: properties(packet.properties),
  };
}

function connack(packet: ConnackPacket, version: ProtocolVersion): Readonly<Record<string, unknown>> {
  return {
    cmd: 'connack',
    sessionPresent: packet.sessionPresent,
    reasonCode: version === 5 ? packet.code : undefined,
    returnCode: version === 5 ? undefined : packet.code,
    properties: properties(packet.properties),
  };
}

function publish(packet: PublishPacket): Readonly<Record<string, unknown>> {
  return {
    cmd: 'publish',
    topic: packet.topic ?? '',
    payload: Buffer.from(packet.payload),
    qos: packet.qos,
    retain: packet.retain,
    dup: packet.dup,
    messageId: packet.packetId,
    properties: properties(packet.properties),
  };
}

function subscribe(packet: SubscribePacket, version: ProtocolVersion): Readonly<Record<string, unknown>> {
  const subscriptions = packet.subscriptions.map((request) => ({
    topic: request.filter,
    qos: request.qos,
    ...(version === 5 && { nl: request.noLocal, rap: request.retainAsPublished, rh: request.retainHandling }),
  }));
  const found = properties(packet.properties);
  return { cmd: 'subscribe', messageId: packet.packetId, subscriptions, properties: found };
}

/** Where its names or its types are others. */
const booleans: ReadonlySet<string> = new Set([
  'payloadFormatIndicator',
  'requestProblemInformation',
  'requestResponseInformation',
  'retainAvailable',
  'wildcardSubscriptionAvailable',
  'subscriptionIdentifierAvailable',
  'sharedSubscriptionAvailable',
]);
const names: Readonly<Record<string, string>> = {
  maximumQos: 'maximumQoS',
  subscriptionIdentifierAvailable: 'subscriptionIdentifiersAvailable',
  subscriptionIdentifiers: 'subscriptionIdentifier',
};

function properties(found: Properties): Readonly<Record<string, unknown>> | undefined {
  const entries = Object.entries(found).map(([name, value]) => [names[name] ?? name, propertyValue(name, value)]);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function propertyValue(name: string, value: unknown): unknown {
  if (booleans.has(name)) return value === 1;
  if (value instanceof Uint8Array) return Buffer.from(value);
  // One value stands for itself, several are a list.
  if (name === 'subscriptionIdentifiers') return single(value as readonly number[]);
  if (name !== 'userProperties') return value;
  const grouped = new Map<string, string[]>();
  for (const [key, text] of value as Required<Properties>['userProperties']) {
    grouped.set(key, [...(grouped.get(key) ?? []), text]);
  }
  return Object.fromEntries([...grouped].map(([key, texts]) => [key, single(texts)]));
}

function single<T>(values: readonly T[]): T | readonly T[] | undefined {
  return values.length === 1 ? values[0] : values;
}

function optional(name: string, value: unknown): Readonly<Record<string, unknown>> {
  return value === undefined ? {} : { [name]: value };
}
