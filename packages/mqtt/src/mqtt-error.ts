import type { PacketKind, ProtocolVersion } from './protocol.ts';
import { Reason, type ReasonCode } from './reason-code.ts';

/** What a peer did wrong, in the codec's eyes. */
export type MqttFault =
  | 'client-id'
  | 'connect-flags'
  | 'credentials'
  | 'first-packet'
  | 'no-entries'
  | 'packet-id'
  | 'packet-too-large'
  | 'packet-type'
  | 'property-missing'
  | 'property-not-allowed'
  | 'property-repeated'
  | 'property-unknown'
  | 'property-value'
  | 'protocol-name'
  | 'protocol-version'
  | 'publish-flags'
  | 'reason-code'
  | 'remaining-length'
  | 'reserved-flags'
  | 'second-connect'
  | 'session-present'
  | 'shared-no-local'
  | 'subscription-options'
  | 'too-many'
  | 'topic-alias'
  | 'topic-filter'
  | 'topic-limit'
  | 'topic-missing'
  | 'topic-name'
  | 'trailing-bytes'
  | 'truncated'
  | 'utf8'
  | 'variable-integer';

/** Where a fault occurred: the packet, if its type was recognised, and the version that the connection speaks, if known. */
export interface FaultContext {
  readonly packet: PacketKind | undefined;
  readonly version: ProtocolVersion | undefined;
}

/**
 * The one error of this package: the peer broke the protocol and the connection must end.
 *
 * `reasonCode` is what MQTT 5 puts into the last packet (CONNACK before, DISCONNECT after the connection is accepted);
 * it is undefined where nothing is to be sent: framing is lost, or the peer is not known to speak MQTT at all.
 */
export class MqttError extends Error {
  override readonly name = 'MqttError';
  readonly fault: MqttFault;
  readonly packet: PacketKind | undefined;
  readonly version: ProtocolVersion | undefined;
  readonly reasonCode: ReasonCode | undefined;

  constructor(fault: MqttFault, context: FaultContext, detail: string) {
    super(`${context.packet ?? 'packet'}: ${detail}`);
    this.fault = fault;
    this.packet = context.packet;
    this.version = context.version;
    this.reasonCode = reasonOf(fault, context.packet);
  }
}

const malformed = Reason.malformedPacket;
const protocol = Reason.protocolError;

/** The table from fault to wire code. Where MQTT 5 leaves the code open, it is the one that most brokers send. */
const reasons: Readonly<Record<MqttFault, ReasonCode | undefined>> = {
  'client-id': Reason.clientIdentifierNotValid,
  'connect-flags': undefined,
  credentials: undefined,
  'first-packet': undefined,
  'no-entries': malformed,
  'packet-id': protocol,
  'packet-too-large': Reason.packetTooLarge,
  'packet-type': protocol,
  'property-missing': protocol,
  'property-not-allowed': protocol,
  'property-repeated': protocol,
  'property-unknown': malformed,
  'property-value': protocol,
  'protocol-name': undefined,
  'protocol-version': Reason.unsupportedProtocolVersion,
  'publish-flags': malformed,
  'reason-code': protocol,
  'remaining-length': undefined,
  'reserved-flags': malformed,
  'second-connect': protocol,
  'session-present': protocol,
  'shared-no-local': protocol,
  'subscription-options': malformed,
  'too-many': Reason.quotaExceeded,
  'topic-alias': Reason.topicAliasInvalid,
  'topic-filter': malformed,
  'topic-limit': Reason.topicNameInvalid,
  'topic-missing': protocol,
  'topic-name': malformed,
  'trailing-bytes': malformed,
  truncated: malformed,
  utf8: malformed,
  'variable-integer': malformed,
};

/**
 * Brokers in use count every fault of the variable header of SUBSCRIBE and UNSUBSCRIBE as a malformed packet, where the
 * standard says protocol error for most; both end the connection, and a client sees the code that it knows.
 */
const malformedInSubscriptions: ReadonlySet<MqttFault> = new Set([
  'packet-id',
  'property-not-allowed',
  'property-repeated',
  'property-value',
]);

function reasonOf(fault: MqttFault, packet: PacketKind | undefined): ReasonCode | undefined {
  if (packet === 'subscribe' || packet === 'unsubscribe') {
    if (malformedInSubscriptions.has(fault)) return malformed;
    if (fault === 'topic-limit') return Reason.topicFilterInvalid;
  }
  if (fault === 'reserved-flags') {
    // CONNECT with wrong flags is not known to be MQTT; the other two are protocol errors by their own clauses.
    if (packet === 'connect') return undefined;
    if (packet === 'disconnect' || packet === 'pubrel') return protocol;
  }
  return reasons[fault];
}
