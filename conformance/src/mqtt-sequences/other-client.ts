import { ByteWriter, concatBytes, encodeUtf8 } from '@keystile/bytes';
import { encodePacket, NO_PROPERTIES, type ProtocolVersion, parsePacketId, parseTopicName } from '@keystile/mqtt';
import type { Listeners } from './broker.ts';
import { Inbox, open, type Transport } from './transport.ts';

/** A client beside the one under test, that publishes once and goes. */
export interface Publication {
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly payload: string;
}

const PATIENCE_MS = 5000;
const VERSION = 4;
const CONNACK_LENGTH = 4;
const ACKNOWLEDGEMENT_LENGTH = 4;
const PACKET_ID = 1;

/** The CONNECT that a sequence begins with unless it brings its own: clean, keep alive 60. */
export function connectBytes(clientId: string, version: ProtocolVersion | 3): Uint8Array {
  const start = { cleanStart: true, keepAliveSeconds: 60, clientId, properties: NO_PROPERTIES };
  if (version !== 3) return encodePacket({ kind: 'connect', version, ...start }, version);
  const id = encodeUtf8(clientId);
  const header = new ByteWriter()
    .vector16(encodeUtf8('MQIsdp'))
    .u8(version)
    .u8(CLEAN_START)
    .u16(60)
    .vector16(id)
    .finish();
  return concatBytes(Uint8Array.of(CONNECT, header.length), header);
}

const CONNECT = 0x10;
const CLEAN_START = 0x02;

/** Undefined once the broker has acknowledged what it is to acknowledge; else what went wrong. */
export async function publishOnce(
  { topic, qos, payload }: Publication,
  transport: Transport,
  listeners: Listeners,
): Promise<string | undefined> {
  const name = parseTopicName(topic);
  const packetId = parsePacketId(PACKET_ID);
  if (name === undefined || packetId === undefined) return `${topic} is no topic`;
  const stream = await open(transport, listeners);
  stream.on('error', () => undefined);
  try {
    const inbox = new Inbox(stream);
    stream.write(connectBytes('test-helper', VERSION));
    if ((await inbox.take(CONNACK_LENGTH, PATIENCE_MS)).length < CONNACK_LENGTH)
      return 'the other client got no CONNACK';
    const content = { topic: name, payload: encodeUtf8(payload), properties: NO_PROPERTIES };
    const flags = { qos, dup: false, retain: false, packetId: qos === 0 ? undefined : packetId };
    stream.write(encodePacket({ kind: 'publish', ...flags, ...content }, VERSION));
    if (qos > 0 && (await inbox.take(ACKNOWLEDGEMENT_LENGTH, PATIENCE_MS)).length < ACKNOWLEDGEMENT_LENGTH) {
      return 'the other client got no acknowledgement';
    }
    if (qos === 2) {
      stream.write(encodePacket({ kind: 'pubrel', packetId, reason: 0, properties: NO_PROPERTIES }, VERSION));
      if ((await inbox.take(ACKNOWLEDGEMENT_LENGTH, PATIENCE_MS)).length < ACKNOWLEDGEMENT_LENGTH) return 'no PUBCOMP';
    }
    stream.end(encodePacket({ kind: 'disconnect', reason: 0, properties: NO_PROPERTIES }, VERSION));
    return undefined;
  } finally {
    stream.end();
  }
}
