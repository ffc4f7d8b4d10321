import assert from 'node:assert/strict';
import {
  type ClientPacket,
  type ConnackPacket,
  encodePacket,
  NO_PROPERTIES,
  PacketDecoder,
  type PacketId,
  type Properties,
  type ProtocolVersion,
  type PublishPacket,
  parsePacketId,
  parseTopicFilter,
  parseTopicName,
  type QoS,
  Reason,
  type ReasonCode,
  type RetainHandling,
  type ServerPacket,
  type SubackPacket,
  type TopicFilter,
  type TopicName,
  type Will,
} from '@keystile/mqtt';
import { parser as oracleParser } from 'mqtt-packet';
import type { ClientIdPolicy } from '../../src/admission/client-id.ts';
import type { Identity } from '../../src/admission/identity.ts';
import type { TlsChannel } from '../../src/authentication/method.ts';
import type { Connection } from '../../src/connection/connection.ts';
import type { World } from './world.ts';

export interface ClientOptions {
  readonly version?: ProtocolVersion;
  readonly clientId?: string;
  readonly cleanStart?: boolean;
  readonly keepAliveSeconds?: number;
  readonly properties?: Properties;
  readonly will?: WillOptions;
  readonly serial?: string;
  /** The TLS connection under it, where a method asks for one. */
  readonly channel?: TlsChannel;
  readonly clientIds?: ClientIdPolicy;
  /** Name of the listener that it comes by. */
  readonly listener?: string;
  /** Whether the client leaves acknowledgements to the test. */
  readonly manual?: boolean;
  /** Whether what the broker sends is thrown away unread: it may be in another version than the client's. */
  readonly unread?: boolean;
}

export interface WillOptions {
  readonly topic: string;
  readonly payload?: string;
  readonly qos?: QoS;
  readonly retain?: boolean;
  readonly properties?: Properties;
}

export interface PublishOptions {
  readonly payload?: string;
  readonly qos?: QoS;
  readonly retain?: boolean;
  readonly dup?: boolean;
  readonly packetId?: number;
  readonly properties?: Properties;
}

export interface SubscribeOptions {
  readonly qos?: QoS;
  readonly noLocal?: boolean;
  readonly retainAsPublished?: boolean;
  readonly retainHandling?: RetainHandling;
  readonly identifier?: number;
}

interface ClientStart {
  readonly world: World;
  readonly connection: Connection;
  readonly identity: Identity;
  readonly options: ClientOptions;
}

/** A client in memory that speaks whole packets. What the broker sends must also be MQTT to another implementation. */
export class Client {
  readonly #world: World;
  readonly #decoder: PacketDecoder<ServerPacket>;
  readonly #oracle: ReturnType<typeof oracleParser>;
  readonly #options: ClientOptions;
  readonly connection: Connection;
  readonly identity: Identity;
  readonly version: ProtocolVersion;
  #received: ServerPacket[] = [];
  #nextId = 0;
  #decodedCount = 0;
  #oracleCount = 0;
  /** A transport that takes nothing more. */
  #stalled = false;
  #waiting: Uint8Array[] = [];
  isClosed = false;
  connack: ConnackPacket | undefined;

  constructor({ world, connection, identity, options }: ClientStart) {
    this.#world = world;
    this.connection = connection;
    this.identity = identity;
    this.#options = options;
    this.version = options.version ?? 5;
    this.#decoder = PacketDecoder.forClient(this.version, 64 * 1024 * 1024);
    this.#oracle = oracleParser({ protocolVersion: this.version });
    this.#oracle.on('packet', () => {
      this.#oracleCount += 1;
    });
    this.#oracle.on('error', (error) => assert.fail(`another implementation cannot read this: ${error.message}`));
  }

  sendConnect(): void {
    const { clientId = this.identity.id, cleanStart = true, keepAliveSeconds = 0, will, properties } = this.#options;
    this.send({
      kind: 'connect',
      version: this.version,
      cleanStart,
      keepAliveSeconds,
      clientId,
      ...(will && { will: willOf(will) }),
      properties: properties ?? NO_PROPERTIES,
    });
  }

  send(packet: ClientPacket): void {
    this.sendBytes(encodePacket(packet, this.version));
  }

  sendBytes(bytes: Uint8Array): void {
    this.connection.receive(bytes, this.#world.nowMs);
    this.#world.flush();
  }

  /** Returns the acknowledgement, if it came. */
  publish(topicText: string, options: PublishOptions = {}): ServerPacket | undefined {
    const { payload = '', qos = 0, retain = false, dup = false, properties = NO_PROPERTIES } = options;
    const packetId = qos === 0 ? undefined : (parsePacketId(options.packetId ?? 0) ?? this.nextId());
    const topic = topicText === '' ? undefined : topicName(topicText);
    this.send({ kind: 'publish', topic, payload: Buffer.from(payload), qos, retain, dup, packetId, properties });
    if (packetId === undefined) return undefined;
    const kinds = qos === 1 ? ['puback'] : ['pubcomp', 'pubrec'];
    return kinds.map((kind) => this.#takeAnswer(kind, packetId)).find((packet) => packet !== undefined);
  }

  subscribe(filter: string, options: SubscribeOptions = {}): SubackPacket {
    return this.subscribeAll([filter], options);
  }

  subscribeAll(filters: readonly string[], options: SubscribeOptions = {}): SubackPacket {
    const packetId = this.requestSubscription(filters, options);
    const suback = this.#takeAnswer('suback', packetId);
    assert.ok(suback?.kind === 'suback', 'no SUBACK');
    return suback;
  }

  /** Sends SUBSCRIBE and does not look for the answer. */
  requestSubscription(filters: readonly string[], options: SubscribeOptions = {}): PacketId {
    const { qos = 0, noLocal = false, retainAsPublished = false, retainHandling = 0, identifier } = options;
    const packetId = this.nextId();
    const subscriptions = filters.map((filter) => {
      return { filter: topicFilter(filter), qos, noLocal, retainAsPublished, retainHandling };
    });
    const properties = identifier === undefined ? NO_PROPERTIES : { subscriptionIdentifiers: [identifier] };
    this.send({ kind: 'subscribe', packetId, subscriptions, properties });
    return packetId;
  }

  unsubscribe(filter: string): readonly number[] {
    const packetId = this.nextId();
    this.send({ kind: 'unsubscribe', packetId, filters: [topicFilter(filter)], properties: NO_PROPERTIES });
    const unsuback = this.#takeAnswer('unsuback', packetId);
    assert.ok(unsuback?.kind === 'unsuback', 'no UNSUBACK');
    return unsuback.codes;
  }

  acknowledge(kind: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', packetId: number, reason: ReasonCode = 0): void {
    this.send({ kind, packetId: idOf(packetId), reason, properties: NO_PROPERTIES });
  }

  disconnect(reason: ReasonCode = Reason.success, properties: Properties = NO_PROPERTIES): void {
    this.send({ kind: 'disconnect', reason, properties });
  }

  /** The transport breaks without a DISCONNECT. */
  drop(): void {
    this.transportClosed();
  }

  stall(): void {
    this.#stalled = true;
  }

  /** Takes what has waited, and tells the broker. */
  resume(): void {
    this.#stalled = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const chunk of waiting) this.#read(chunk);
    this.connection.setCongested(false, this.#world.nowMs);
    this.#world.flush();
  }

  /** Bytes that wait for a stalled transport. */
  get waitingBytes(): number {
    return this.#waiting.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  /** Everything received since the last call. */
  take(): readonly ServerPacket[] {
    const received = this.#received;
    this.#received = [];
    return received;
  }

  takeMessages(): readonly PublishPacket[] {
    const messages = this.#received.filter((packet) => packet.kind === 'publish');
    this.#received = this.#received.filter((packet) => packet.kind !== 'publish');
    return messages;
  }

  /** Received messages as `topic=payload`, in order. */
  takeTexts(): readonly string[] {
    return this.takeMessages().map((message) => `${message.topic}=${textOf(message)}`);
  }

  /** The reason of the DISCONNECT that the broker sent, if it sent one. */
  takeDisconnect(): ReasonCode | undefined {
    const disconnect = this.take().find((packet) => packet.kind === 'disconnect');
    return disconnect?.kind === 'disconnect' ? disconnect.reason : undefined;
  }

  arrived(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      if (this.#stalled) this.#waiting.push(chunk);
      else this.#read(chunk);
    }
    if (this.#stalled && chunks.length > 0) this.connection.setCongested(true, this.#world.nowMs);
  }

  transportClosed(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#world.forget(this.connection);
  }

  nextId(): PacketId {
    this.#nextId = 1 + (this.#nextId % 65_535);
    return idOf(this.#nextId);
  }

  #takeAnswer(kind: string, packetId: PacketId): ServerPacket | undefined {
    const at = this.#received.findIndex(
      (packet) => packet.kind === kind && 'packetId' in packet && packet.packetId === packetId,
    );
    return at < 0 ? undefined : this.#received.splice(at, 1)[0];
  }

  #read(chunk: Uint8Array): void {
    if (this.#options.unread === true) return;
    this.#decoder.push(chunk);
    for (let packet = this.#decoder.next(); packet !== undefined; packet = this.#decoder.next()) {
      this.#decodedCount += 1;
      this.#received.push(packet);
      if (packet.kind === 'connack') this.connack = packet;
      else if (this.#options.manual !== true) this.#answer(packet);
    }
    this.#oracle.parse(Buffer.from(chunk));
    assert.equal(this.#oracleCount, this.#decodedCount, 'another implementation reads other packets');
  }

  #answer(packet: ServerPacket): void {
    const answers = { pubrec: 'pubrel', pubrel: 'pubcomp' } as const;
    if (packet.kind === 'publish' && packet.packetId !== undefined) {
      this.#acknowledgeLater(packet.qos === 1 ? 'puback' : 'pubrec', packet.packetId);
    } else if (packet.kind === 'pubrel' || (packet.kind === 'pubrec' && packet.reason < 0x80)) {
      this.#acknowledgeLater(answers[packet.kind], packet.packetId);
    }
  }

  /** Without a flush: this runs inside one. */
  #acknowledgeLater(kind: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', packetId: PacketId): void {
    const packet = { kind, packetId, reason: Reason.success, properties: NO_PROPERTIES };
    this.connection.receive(encodePacket(packet, this.version), this.#world.nowMs);
  }
}

export function textOf(message: PublishPacket): string {
  return Buffer.from(message.payload).toString('utf8');
}

export function topicName(text: string): TopicName {
  const topic = parseTopicName(text);
  assert.ok(topic !== undefined, text);
  return topic;
}

export function topicFilter(text: string): TopicFilter {
  const filter = parseTopicFilter(text);
  assert.ok(filter !== undefined, text);
  return filter;
}

export function idOf(value: number): PacketId {
  const id = parsePacketId(value);
  assert.ok(id !== undefined, `${value}`);
  return id;
}

function willOf({ topic, payload = '', qos = 0, retain = false, properties = NO_PROPERTIES }: WillOptions): Will {
  return { topic: topicName(topic), payload: Buffer.from(payload), qos, retain, properties };
}
