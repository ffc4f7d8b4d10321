import { MqttError } from '../mqtt-error.ts';
import { NO_PROPERTIES, type Properties, readProperties, writeProperties } from '../properties.ts';
import { PacketType, type ProtocolVersion, type QoS } from '../protocol.ts';
import { PacketReader } from '../reader.ts';
import type { TopicName } from '../topic.ts';
import { PacketWriter } from '../writer.ts';
import { readTopicName } from './topics.ts';

/** CONNECT (MQTT 5.0 §3.1, MQTT 3.1.1 §3.1; MQTT 3.1 differs in its name and its tolerance of reserved bits). */
export interface ConnectPacket {
  readonly kind: 'connect';
  readonly version: ProtocolVersion;
  /** Clean Start; Clean Session in versions 3 and 4. */
  readonly cleanStart: boolean;
  readonly keepAliveSeconds: number;
  /** Empty when the client leaves the choice to the server. */
  readonly clientId: string;
  readonly will?: Will;
  readonly userName?: string;
  readonly password?: Uint8Array;
  readonly properties: Properties;
}

export interface Will {
  readonly topic: TopicName;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: Properties;
}

const Flag = { reserved: 0x01, clean: 0x02, will: 0x04, willRetain: 0x20, password: 0x40, userName: 0x80 } as const;

export function readConnect(body: Uint8Array, headerFlags: number): ConnectPacket {
  const version = readVersion(body);
  const reader = new PacketReader(body, { packet: 'connect', version });
  reader.text();
  reader.u8();
  if (version > 3 && headerFlags !== 0)
    throw reader.fault('reserved-flags', 'reserved bits of the fixed header are set');
  const flags = reader.u8();
  checkFlags(reader, flags, version);
  const keepAliveSeconds = reader.u16();
  const properties = version === 5 ? readConnectProperties(reader) : NO_PROPERTIES;
  const clientId = readPart(reader, 'client-id', () => reader.text());
  const will = (flags & Flag.will) === 0 ? undefined : readWill(reader, flags);
  const userName = credentialFollows(reader, flags & Flag.userName)
    ? readPart(reader, 'credentials', () => reader.text())
    : undefined;
  const password = credentialFollows(reader, flags & Flag.password)
    ? readPart(reader, 'credentials', () => reader.binary())
    : undefined;
  reader.end();
  return {
    kind: 'connect',
    version,
    cleanStart: (flags & Flag.clean) !== 0,
    keepAliveSeconds,
    clientId,
    ...(will && { will }),
    ...(userName !== undefined && { userName }),
    ...(password && { password }),
    properties,
  };
}

/** MQTT 3.1 §3.1: the remaining length takes precedence over the flags, and a flagged string may be missing. */
function credentialFollows(reader: PacketReader, flag: number): boolean {
  return flag !== 0 && !(reader.context.version === 3 && reader.remaining === 0);
}

/** The name comes first, so that a peer that does not speak MQTT gets no answer [MQTT-3.1.2-1, -2]. */
function readVersion(body: Uint8Array): ProtocolVersion {
  const reader = new PacketReader(body, { packet: 'connect', version: undefined });
  const name = readPart(reader, 'protocol-name', () => reader.text());
  if (name !== 'MQTT' && name !== 'MQIsdp') throw reader.fault('protocol-name', 'protocol name is not MQTT');
  const level = readPart(reader, 'protocol-name', () => reader.u8());
  if (name === 'MQIsdp' && level === 3) return 3;
  if (name === 'MQTT' && (level === 4 || level === 5)) return level;
  // Levels 3 and 4 belong to peers that read the old CONNACK; anything else may be newer than 5.
  const version = level === 3 || level === 4 ? level : undefined;
  throw new MqttError(
    'protocol-version',
    { packet: 'connect', version },
    `protocol ${name} level ${level} is not served`,
  );
}

function checkFlags(reader: PacketReader, flags: number, version: ProtocolVersion): void {
  const fault = (detail: string): MqttError => reader.fault('connect-flags', detail);
  if (version > 3 && (flags & Flag.reserved) !== 0) throw fault('reserved connect flag is set [MQTT-3.1.2-3]');
  const willQos = (flags >> 3) & 3;
  if (willQos === 3) throw fault('will QoS is 3 [MQTT-3.1.2-12]');
  if ((flags & Flag.will) === 0 && (willQos !== 0 || (flags & Flag.willRetain) !== 0)) {
    throw fault('will QoS or will retain without a will [MQTT-3.1.2-11, -13]');
  }
  if (version < 5 && (flags & Flag.password) !== 0 && (flags & Flag.userName) === 0) {
    throw fault('a password without a user name [MQTT-3.1.2-22]');
  }
}

function readConnectProperties(reader: PacketReader): Properties {
  const properties = readProperties(reader, 'connect');
  if (properties.authenticationData !== undefined && properties.authenticationMethod === undefined) {
    throw reader.fault('property-value', 'authenticationData without authenticationMethod');
  }
  return properties;
}

function readWill(reader: PacketReader, flags: number): Will {
  const properties = reader.context.version === 5 ? readProperties(reader, 'will') : NO_PROPERTIES;
  const topic = readTopicName(reader);
  if (topic === undefined) throw reader.fault('topic-missing', 'will topic is empty');
  const payload = reader.binary();
  return { topic, payload, qos: ((flags >> 3) & 3) as QoS, retain: (flags & Flag.willRetain) !== 0, properties };
}

/** Any fault of a part that has a wire code of its own becomes that part's fault. */
function readPart<T>(reader: PacketReader, fault: 'client-id' | 'credentials' | 'protocol-name', read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof MqttError) throw reader.fault(fault, error.message);
    throw error;
  }
}

export function writeConnect(packet: ConnectPacket): Uint8Array {
  const { version, will } = packet;
  if (version < 5 && packet.password && packet.userName === undefined) {
    throw new RangeError('a password needs a user name before version 5');
  }
  const writer = new PacketWriter(64);
  let flags = packet.cleanStart ? Flag.clean : 0;
  if (will) flags |= Flag.will | (will.qos << 3) | (will.retain ? Flag.willRetain : 0);
  if (packet.userName !== undefined) flags |= Flag.userName;
  if (packet.password) flags |= Flag.password;
  writer
    .text(version === 3 ? 'MQIsdp' : 'MQTT')
    .u8(version)
    .u8(flags)
    .u16(packet.keepAliveSeconds);
  if (version === 5) writeProperties(writer, 'connect', packet.properties);
  writer.text(packet.clientId);
  if (will) {
    if (version === 5) writeProperties(writer, 'will', will.properties);
    writer.text(will.topic).binary(will.payload);
  }
  if (packet.userName !== undefined) writer.text(packet.userName);
  if (packet.password) writer.binary(packet.password);
  return writer.finish(PacketType.connect << 4);
}
