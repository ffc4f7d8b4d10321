import type { Packet, PacketId, PacketKind, TopicName } from '@keystile/mqtt';
import type { Peer } from './connection/parts.ts';

/**
 * Lets an operator watch the packets of one identity: kinds, topics, sizes and reason codes. Never payloads, user
 * properties, correlation or authentication data, so that who may watch learns no more than who talks about what.
 */
export interface TracedPacket {
  readonly direction: 'in' | 'out';
  readonly kind: PacketKind;
  /** Of the whole packet. */
  readonly bytes: number;
  /** What else may be shown of this kind. */
  readonly [field: string]: Shown;
}

export interface TracedEnd {
  readonly direction: 'none';
  readonly kind: 'ended';
  readonly why: string;
}

export type Traced = TracedPacket | TracedEnd;
type Shown = string | number | boolean | readonly (string | number)[] | undefined;
type TraceSink = (traced: Traced, remote: string) => void;

export class Tracing {
  readonly #sinks = new Map<string, Set<TraceSink>>();

  /** Asked before anything is made to be shown: without a watcher a packet costs one look here. */
  get isOn(): boolean {
    return this.#sinks.size > 0;
  }

  /** Shows what every connection of the identity does from now on, until the returned function is called. */
  watch(urn: string, sink: TraceSink): () => void {
    const sinks = this.#sinks.get(urn) ?? new Set();
    this.#sinks.set(urn, sinks.add(sink));
    return () => {
      sinks.delete(sink);
      if (sinks.size === 0) this.#sinks.delete(urn);
    };
  }

  note({ credentials, remote }: Peer, traced: Traced): void {
    for (const sink of this.#sinks.get(credentials.identity.urn) ?? []) sink(traced, remote);
  }
}

/** A PUBLISH that was encoded before, perhaps for many. */
export function publishSent(bytes: Uint8Array, topic: TopicName, packetId: PacketId | undefined): TracedPacket {
  const first = bytes[0] ?? 0;
  const flags = { qos: (first >> 1) & 3, retain: (first & 1) === 1, dup: (first & 8) === 8 };
  return { direction: 'out', kind: 'publish', bytes: bytes.length, topic, packetId, ...flags };
}

/** What may be shown of a packet. */
export function shownPacket(packet: Packet): { readonly kind: PacketKind; readonly [field: string]: Shown } {
  const { kind } = packet;
  switch (packet.kind) {
    case 'connect': {
      const { clientId, version, cleanStart, keepAliveSeconds, will } = packet;
      return { kind, clientId, version, cleanStart, keepAliveSeconds, willTopic: will?.topic };
    }
    case 'connack':
      return { kind, code: packet.code, sessionPresent: packet.sessionPresent };
    case 'publish': {
      const { topic, qos, retain, dup, packetId, payload, properties } = packet;
      return { kind, topic, alias: properties.topicAlias, qos, retain, dup, packetId, payloadBytes: payload.length };
    }
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp':
      return { kind, packetId: packet.packetId, reason: packet.reason };
    case 'subscribe':
      return { kind, packetId: packet.packetId, filters: packet.subscriptions.map(({ filter }) => filter) };
    case 'unsubscribe':
      return { kind, packetId: packet.packetId, filters: packet.filters };
    case 'suback':
    case 'unsuback':
      return { kind, packetId: packet.packetId, codes: packet.codes };
    case 'disconnect':
      return { kind, reason: packet.reason };
    case 'auth':
      return { kind, reason: packet.reason, method: packet.properties.authenticationMethod };
    case 'pingreq':
    case 'pingresp':
      return { kind };
  }
}
