import {
  type ClientPacket,
  type ConnectPacket,
  NO_PROPERTIES,
  type Properties,
  type ProtocolVersion,
  Reason,
  ReturnCode,
} from '@keystile/mqtt';
import { type Admitted, admit } from '../admission/admit.ts';
import type { EnhancedAuthentication } from '../authentication/enhanced-authentication.ts';
import { lastWillOf } from '../message.ts';
import { connackCodeOf, isRefusal, isSaid, type Refusal, sentenceOf } from '../refusal.ts';
import { sessionKeyOf } from '../session/session-key.ts';
import { Connected } from './connected.ts';
import type { ConnectionLink, StateBehaviour, Step } from './connection.ts';
import type { Ending } from './ending.ts';
import { ExpectAuth } from './expect-auth.ts';
import type { ListenerPolicy } from './parts.ts';

/** A value of keep alive or expiry that the client asked for and what it gets. */
interface Terms {
  readonly keepAliveSeconds: number;
  readonly sessionExpirySeconds: number;
}

/** What a client is let in with. */
interface Acceptance {
  readonly admitted: Admitted;
  readonly authenticated?:
    | { readonly authentication: EnhancedAuthentication; readonly data: Uint8Array | undefined }
    | undefined;
}

/** Nothing but CONNECT is accepted, and not for long (§3.1). */
export class ExpectConnect implements StateBehaviour {
  readonly kind = 'expect-connect';
  readonly #link: ConnectionLink;
  /** Known from the moment CONNECT was read: a refusal is said in the client's version. */
  #version: ProtocolVersion | undefined;

  constructor(link: ConnectionLink) {
    this.#link = link;
  }

  handle(packet: ClientPacket, nowMs: number): Step {
    if (packet.kind !== 'connect') {
      // The decoder lets nothing else through; this keeps the types honest.
      return {
        kind: 'server',
        reason: Reason.protocolError,
        code: 'KS-B110',
        sentence: 'the first packet is not CONNECT',
      };
    }
    this.#version = packet.version;
    // Said before the first answer, which may be a refusal [MQTT-3.1.2-24].
    this.#link.clientPacketSizeMax = packet.properties.maximumPacketSize ?? Number.POSITIVE_INFINITY;
    const { parts, peer } = this.#link;
    const admitted = admit(parts, peer, packet);
    if (isRefusal(admitted)) return { kind: 'refused', refusal: admitted };
    const authentication = parts.authentication.of(peer, packet);
    if (authentication === undefined) return this.#accept(packet, { admitted }, nowMs);
    return this.#authenticate(packet, authentication, nowMs);
  }

  farewell(ending: Ending): void {
    if (ending.kind === 'malformed') {
      const { fault, version, reasonCode } = ending.error;
      if (fault === 'protocol-version' && version !== undefined) {
        this.#refuse(version, ReturnCode.unacceptableProtocolVersion, NO_PROPERTIES);
      } else if (reasonCode !== undefined && (version === 5 || fault === 'protocol-version')) {
        this.#refuse(5, reasonCode, NO_PROPERTIES);
      }
    } else if (ending.kind === 'refused' && this.#version !== undefined) {
      this.#sayRefusal(this.#version, ending.refusal);
    } else if (ending.kind === 'server' && ending.reason === Reason.protocolError && this.#version === 5) {
      // Of what the broker itself may end a connection for before CONNACK, only this has a code there (§3.2.2.2).
      this.#refuse(5, ending.reason, NO_PROPERTIES);
    }
  }

  leave(): void {
    // Nothing is held before CONNECT is accepted.
  }

  overdue(since: { readonly openedAtMs: number }, nowMs: number): Ending | undefined {
    const { connectTimeoutMs } = this.#link.peer.listener.limits;
    if (nowMs - since.openedAtMs < connectTimeoutMs) return undefined;
    return {
      kind: 'server',
      reason: Reason.unspecifiedError,
      code: 'KS-B111',
      sentence: `no CONNECT in ${connectTimeoutMs} ms`,
    };
  }

  /** Admission is decided before the exchange, which costs, and after it: much can change while a client answers. */
  #authenticate(packet: ConnectPacket, authentication: EnhancedAuthentication, nowMs: number): Step {
    const { parts, peer } = this.#link;
    const exchange = new ExpectAuth(this.#link, {
      authentication,
      accept: (data, acceptedAtMs) => {
        const admitted = admit(parts, peer, packet);
        if (isRefusal(admitted)) return { kind: 'refused', refusal: admitted };
        return this.#accept(packet, { admitted, authenticated: { authentication, data } }, acceptedAtMs);
      },
      farewell: (ending) => this.farewell(ending),
    });
    return exchange.begin(packet.properties.authenticationData, nowMs);
  }

  #accept(packet: ConnectPacket, { admitted, authenticated }: Acceptance, nowMs: number): Step {
    const { parts, peer } = this.#link;
    const { limits } = peer.listener;
    const { identity } = peer.credentials;
    const { clientId } = admitted;
    // Only the same identity finds the session: another one with this client id has its own [MQTT-3.1.4-3].
    parts.sessions.find(identity, clientId)?.displace(nowMs);
    const terms = termsOf(packet, peer.listener);
    const client = { identity, clientId, keepMs: terms.sessionExpirySeconds * 1000 };
    const { session, present } = parts.sessions.open(client, packet.cleanStart, nowMs);
    this.#link.packetSizeMax = limits.packetSizeMax;
    const properties =
      packet.version === 5
        ? connackProperties(packet, { admitted, authenticated, terms, listener: peer.listener })
        : NO_PROPERTIES;
    // MQTT 3.1 has no session-present flag: the byte is reserved.
    const sessionPresent = present && packet.version > 3;
    const sent = this.#link.send({ kind: 'connack', sessionPresent, code: Reason.success, properties }, packet.version);
    const origin = { author: identity, publisher: sessionKeyOf(identity, clientId), nowMs };
    const connected = new Connected(this.#link, {
      packet,
      session,
      clientId,
      keepAliveMs: terms.keepAliveSeconds * 1000,
      sessionExpirySeconds: terms.sessionExpirySeconds,
      will: packet.will && lastWillOf(packet.will, origin, limits),
      authentication: authenticated?.authentication,
    });
    // A client that cannot even take CONNACK is not served (§3.1.2.11.4).
    if (!sent) {
      parts.sessions.leave(session, { keepMs: 0, will: undefined }, nowMs);
      return {
        kind: 'server',
        reason: Reason.packetTooLarge,
        code: 'KS-B110',
        sentence: 'CONNACK exceeds the maximum packet size of the client',
      };
    }
    connected.start(nowMs);
    return connected;
  }

  #sayRefusal(version: ProtocolVersion, refusal: Refusal): void {
    const { serverReference } = this.#link.parts;
    const isSentOn = version === 5 && refusal.code === 'KS-B209' && serverReference !== undefined;
    const code = isSentOn ? Reason.useAnotherServer : connackCodeOf(refusal, version);
    if (code === undefined) return;
    const properties = {
      ...(version === 5 && isSaid(refusal) && { reasonString: sentenceOf(refusal) }),
      ...(isSentOn && { serverReference }),
    };
    this.#refuse(version, code, properties);
  }

  #refuse(version: ProtocolVersion, code: number, properties: Properties): void {
    this.#link.send({ kind: 'connack', sessionPresent: false, code, properties }, version);
  }
}

function termsOf(packet: ConnectPacket, listener: ListenerPolicy): Terms {
  const { keepAliveMaxSeconds, sessionExpiryMaxSeconds } = listener.limits;
  const asked = packet.keepAliveSeconds;
  // No client keeps a silent connection for as long as it likes. Before version 5 it is not told of another interval, but
  // a server may end what is silent whatever it asked for (MQTT 3.1.1 §3.1.2.10).
  const keepAliveSeconds = asked === 0 || asked > keepAliveMaxSeconds ? keepAliveMaxSeconds : asked;
  if (packet.version < 5) {
    // Clean Session decides between nothing and all.
    return { keepAliveSeconds, sessionExpirySeconds: packet.cleanStart ? 0 : sessionExpiryMaxSeconds };
  }
  const expiry = packet.properties.sessionExpiryInterval ?? 0;
  return { keepAliveSeconds, sessionExpirySeconds: Math.min(expiry, sessionExpiryMaxSeconds) };
}

/** RECEIVE_MAXIMUM is 65,535 when it is not said (§3.2.2.3.3). */
const RECEIVE_MAXIMUM_UNSAID = 65_535;

function connackProperties(
  packet: ConnectPacket,
  outcome: Acceptance & { readonly terms: Terms; readonly listener: ListenerPolicy },
): Properties {
  const { admitted, authenticated, terms, listener } = outcome;
  const { topicAliasMaximum, packetSizeMax, receiveMaximum } = listener.limits;
  const expiryAsked = packet.properties.sessionExpiryInterval ?? 0;
  return {
    ...(terms.sessionExpirySeconds !== expiryAsked && { sessionExpiryInterval: terms.sessionExpirySeconds }),
    ...(admitted.assigned && { assignedClientIdentifier: admitted.clientId }),
    ...(terms.keepAliveSeconds !== packet.keepAliveSeconds && { serverKeepAlive: terms.keepAliveSeconds }),
    ...(topicAliasMaximum > 0 && { topicAliasMaximum }),
    maximumPacketSize: packetSizeMax,
    ...(receiveMaximum !== RECEIVE_MAXIMUM_UNSAID && { receiveMaximum }),
    // The same method as in CONNECT [MQTT-4.12.0-5], or none [MQTT-4.12.0-6].
    ...(authenticated && { authenticationMethod: authenticated.authentication.method }),
    ...(authenticated?.data && { authenticationData: authenticated.data }),
  };
}
