import {
  type ClientPacket,
  type ConnectPacket,
  NO_PROPERTIES,
  type PacketId,
  type Properties,
  type ProtocolVersion,
  Reason,
} from '@keystile/mqtt';
import type { EnhancedAuthentication } from '../authentication/enhanced-authentication.ts';
import { REFUSALS_LOGGED_MAX, TOPIC_ALIAS_OUT_MAX } from '../limits.ts';
import type { LastWill } from '../message.ts';
import { isSaid, type Refusal, reasonOf, sentenceOf } from '../refusal.ts';
import type { DeliveryChannel, Sending, Session } from '../session/session.ts';
import type { Delivery } from '../store/store.ts';
import { onPuback, onPubcomp, onPubrec, onPubrel } from './acknowledgements.ts';
import type { ConnectionLink, StateBehaviour, Step } from './connection.ts';
import { type Ending, violation } from './ending.ts';
import { onAuth } from './on-auth.ts';
import { onDisconnect } from './on-disconnect.ts';
import { onPublish } from './on-publish.ts';
import { onSubscribe, onUnsubscribe } from './on-subscribe.ts';
import { PublishRate } from './publish-rate.ts';
import { InboundAliases, OutboundAliases } from './topic-aliases.ts';

export interface ConnectedStart {
  readonly packet: ConnectPacket;
  readonly session: Session;
  readonly clientId: string;
  /** 0 when the client is never overdue. */
  readonly keepAliveMs: number;
  readonly sessionExpirySeconds: number;
  readonly will: LastWill | undefined;
  /** The method that CONNECT agreed on, if any. */
  readonly authentication?: EnhancedAuthentication | undefined;
}

/** An admitted client: every packet goes to the file of its kind; what the session sends comes through here. */
export class Connected implements StateBehaviour, DeliveryChannel {
  readonly kind = 'connected';
  readonly link: ConnectionLink;
  readonly session: Session;
  readonly clientId: string;
  readonly version: ProtocolVersion;
  readonly window: number;
  readonly aliases: InboundAliases;
  readonly authentication: EnhancedAuthentication | undefined;
  /** Repeats of QoS 2 publishes that this connection has not released. */
  readonly repeats = new Map<PacketId, number>();
  /** QoS 1 and 2 publishes of this connection without PUBACK or PUBCOMP: what the receive maximum bounds (§4.9). */
  readonly unacknowledged = new Set<PacketId>();
  /** Undefined where the listener counts nothing. */
  readonly rate: PublishRate | undefined;
  readonly #outbound: OutboundAliases;
  readonly #keepAliveMs: number;
  readonly #will: LastWill | undefined;
  readonly #problemInformation: boolean;
  /** What DISCONNECT may change (§3.14.2.2.2). */
  sessionExpirySeconds: number;
  #refusals = 0;

  constructor(link: ConnectionLink, start: ConnectedStart) {
    const { packet } = start;
    const { limits } = link.peer.listener;
    this.link = link;
    this.session = start.session;
    this.clientId = start.clientId;
    this.version = packet.version;
    this.window = Math.min(packet.properties.receiveMaximum ?? limits.inFlightMax, limits.inFlightMax);
    this.aliases = new InboundAliases(limits.topicAliasMaximum);
    this.rate = PublishRate.of(limits);
    this.#outbound = new OutboundAliases(Math.min(packet.properties.topicAliasMaximum ?? 0, TOPIC_ALIAS_OUT_MAX));
    this.authentication = start.authentication;
    this.#keepAliveMs = start.keepAliveMs;
    this.#will = start.will;
    this.#problemInformation = packet.properties.requestProblemInformation !== 0;
    this.sessionExpirySeconds = start.sessionExpirySeconds;
  }

  get listener(): string {
    return this.link.peer.listener.name;
  }

  get congested(): boolean {
    return this.link.congested;
  }

  start(nowMs: number): void {
    const { parts, peer } = this.link;
    const { urn } = peer.credentials.identity;
    parts.log({ level: 'info', event: 'connected', identity: urn, clientId: this.clientId, remote: peer.remote });
    this.session.attach(this, nowMs);
  }

  handle(packet: ClientPacket, nowMs: number): Step {
    switch (packet.kind) {
      case 'publish':
        return onPublish(this, packet, nowMs) ?? this;
      case 'puback':
        return onPuback(this, packet, nowMs) ?? this;
      case 'pubrec':
        return onPubrec(this, packet, nowMs) ?? this;
      case 'pubrel':
        return onPubrel(this, packet, nowMs) ?? this;
      case 'pubcomp':
        return onPubcomp(this, packet, nowMs) ?? this;
      case 'subscribe':
        onSubscribe(this, packet);
        return this;
      case 'unsubscribe':
        onUnsubscribe(this, packet);
        return this;
      case 'pingreq':
        this.link.send({ kind: 'pingresp' }, this.version);
        return this;
      case 'disconnect':
        return onDisconnect(this, packet);
      case 'auth':
        return onAuth(this, packet, nowMs) ?? this;
      case 'connect':
        return violation(Reason.protocolError, 'a second CONNECT [MQTT-3.1.0-2]');
    }
  }

  farewell(ending: Ending): void {
    // Versions 3 and 4 have no DISCONNECT from the server: the connection is just closed.
    if (this.version !== 5) return;
    const { link } = this;
    if (ending.kind === 'malformed' && ending.error.reasonCode !== undefined) {
      link.send({ kind: 'disconnect', reason: ending.error.reasonCode, properties: NO_PROPERTIES }, 5);
    } else if (ending.kind === 'refused') {
      const properties = isSaid(ending.refusal) ? { reasonString: sentenceOf(ending.refusal) } : NO_PROPERTIES;
      link.send({ kind: 'disconnect', reason: reasonOf(ending.refusal), properties }, 5);
    } else if (ending.kind === 'server') {
      const { serverReference } = ending;
      const properties = serverReference === undefined ? NO_PROPERTIES : { serverReference };
      link.send({ kind: 'disconnect', reason: ending.reason, properties }, 5);
    }
  }

  leave(ending: Ending, nowMs: number): void {
    const keepsWill = ending.kind !== 'client' || ending.withWill;
    const leaving = { keepMs: this.sessionExpirySeconds * 1000, will: keepsWill ? this.#will : undefined };
    this.link.parts.sessions.leave(this.session, leaving, nowMs);
  }

  overdue(since: { readonly lastPacketMs: number }, nowMs: number): Ending | undefined {
    const unanswered = this.authentication?.overdue(nowMs);
    if (unanswered !== undefined) return { kind: 'refused', refusal: unanswered };
    // One and a half times the interval [MQTT-3.1.2-22].
    if (this.#keepAliveMs === 0 || nowMs - since.lastPacketMs < this.#keepAliveMs * 1.5) return undefined;
    const sentence = `nothing for ${nowMs - since.lastPacketMs} ms`;
    return { kind: 'server', reason: Reason.keepAliveTimeout, code: 'KS-B114', sentence };
  }

  /** Tells the operator of a refusal that the connection survives; a client that keeps trying cannot fill the log. */
  logRefusal(event: 'publish-refused' | 'subscribe-refused', refusal: Refusal): void {
    this.#refusals += 1;
    const count = this.#refusals;
    if (count > REFUSALS_LOGGED_MAX && (count & (count - 1)) !== 0) return;
    const { parts, peer } = this.link;
    const { code } = refusal;
    const sentence = count > REFUSALS_LOGGED_MAX ? `${sentenceOf(refusal)} (refusal ${count})` : sentenceOf(refusal);
    const who = { identity: peer.credentials.identity.urn, clientId: this.clientId, remote: peer.remote };
    parts.log({ level: 'warn', event, code, sentence, ...who });
  }

  /** The properties of an answer that explains itself, if the client wants to hear it (§3.1.2.11.7). */
  explain(sentence: string): Properties {
    return this.version === 5 && this.#problemInformation ? { reasonString: sentence } : NO_PROPERTIES;
  }

  publish(delivery: Delivery, sending: Sending): boolean {
    const { topic } = delivery.message;
    const { encoding } = this.link.parts;
    const alias = this.#outbound.assign(topic);
    const as = { version: this.version, alias, ...sending };
    if (this.link.sendBytes(encoding.encode(delivery, as))) return true;
    if (!alias?.isNew) return false;
    // Introducing an alias makes the packet longer than it has to be.
    this.#outbound.forget(topic);
    return this.link.sendBytes(encoding.encode(delivery, { ...as, alias: undefined }));
  }

  release(packetId: PacketId): void {
    this.link.send({ kind: 'pubrel', packetId, reason: Reason.success, properties: NO_PROPERTIES }, this.version);
  }

  askForTurn(): void {
    this.link.askForTurn();
  }

  displace(nowMs: number): void {
    const sentence = 'another connection of the same identity and client id';
    this.link.end({ kind: 'server', reason: Reason.sessionTakenOver, sentence }, nowMs);
  }
}
