/** MQTT 5.0 §2.4: every reason code by the standard's own name. */
export const Reason = {
  success: 0x00,
  grantedQos1: 0x01,
  grantedQos2: 0x02,
  disconnectWithWill: 0x04,
  noMatchingSubscribers: 0x10,
  noSubscriptionExisted: 0x11,
  continueAuthentication: 0x18,
  reAuthenticate: 0x19,
  unspecifiedError: 0x80,
  malformedPacket: 0x81,
  protocolError: 0x82,
  implementationSpecificError: 0x83,
  unsupportedProtocolVersion: 0x84,
  clientIdentifierNotValid: 0x85,
  badUserNameOrPassword: 0x86,
  notAuthorized: 0x87,
  serverUnavailable: 0x88,
  serverBusy: 0x89,
  banned: 0x8a,
  serverShuttingDown: 0x8b,
  badAuthenticationMethod: 0x8c,
  keepAliveTimeout: 0x8d,
  sessionTakenOver: 0x8e,
  topicFilterInvalid: 0x8f,
  topicNameInvalid: 0x90,
  packetIdentifierInUse: 0x91,
  packetIdentifierNotFound: 0x92,
  receiveMaximumExceeded: 0x93,
  topicAliasInvalid: 0x94,
  packetTooLarge: 0x95,
  messageRateTooHigh: 0x96,
  quotaExceeded: 0x97,
  administrativeAction: 0x98,
  payloadFormatInvalid: 0x99,
  retainNotSupported: 0x9a,
  qosNotSupported: 0x9b,
  useAnotherServer: 0x9c,
  serverMoved: 0x9d,
  sharedSubscriptionsNotSupported: 0x9e,
  connectionRateExceeded: 0x9f,
  maximumConnectTime: 0xa0,
  subscriptionIdentifiersNotSupported: 0xa1,
  wildcardSubscriptionsNotSupported: 0xa2,
} as const;

export type ReasonName = keyof typeof Reason;
export type ReasonCode = (typeof Reason)[ReasonName];

/** CONNACK return codes of MQTT 3.1 and 3.1.1 (§3.2.2.3). */
export const ReturnCode = {
  accepted: 0,
  unacceptableProtocolVersion: 1,
  identifierRejected: 2,
  serverUnavailable: 3,
  badUserNameOrPassword: 4,
  notAuthorized: 5,
} as const;

const R = Reason;
const publishOutcome: readonly ReasonCode[] = [
  R.success,
  R.noMatchingSubscribers,
  R.unspecifiedError,
  R.implementationSpecificError,
  R.notAuthorized,
  R.topicNameInvalid,
  R.packetIdentifierInUse,
  R.quotaExceeded,
  R.payloadFormatInvalid,
];
const releaseOutcome: readonly ReasonCode[] = [R.success, R.packetIdentifierNotFound];
const subscribeRefusal: readonly ReasonCode[] = [
  R.unspecifiedError,
  R.implementationSpecificError,
  R.notAuthorized,
  R.topicFilterInvalid,
  R.packetIdentifierInUse,
];

/** Which codes each packet may carry (MQTT 5.0 §2.4, the column "Packets"). */
const allowed = {
  connack: [
    R.success,
    R.unspecifiedError,
    R.malformedPacket,
    R.protocolError,
    R.implementationSpecificError,
    R.unsupportedProtocolVersion,
    R.clientIdentifierNotValid,
    R.badUserNameOrPassword,
    R.notAuthorized,
    R.serverUnavailable,
    R.serverBusy,
    R.banned,
    R.badAuthenticationMethod,
    R.topicNameInvalid,
    R.packetTooLarge,
    R.quotaExceeded,
    R.payloadFormatInvalid,
    R.retainNotSupported,
    R.qosNotSupported,
    R.useAnotherServer,
    R.serverMoved,
    R.connectionRateExceeded,
  ],
  puback: publishOutcome,
  pubrec: publishOutcome,
  pubrel: releaseOutcome,
  pubcomp: releaseOutcome,
  suback: [
    R.success,
    R.grantedQos1,
    R.grantedQos2,
    ...subscribeRefusal,
    R.quotaExceeded,
    R.sharedSubscriptionsNotSupported,
    R.subscriptionIdentifiersNotSupported,
    R.wildcardSubscriptionsNotSupported,
  ],
  unsuback: [R.success, R.noSubscriptionExisted, ...subscribeRefusal],
  disconnect: [
    R.success,
    R.disconnectWithWill,
    R.unspecifiedError,
    R.malformedPacket,
    R.protocolError,
    R.implementationSpecificError,
    R.notAuthorized,
    R.serverBusy,
    R.serverShuttingDown,
    R.keepAliveTimeout,
    R.sessionTakenOver,
    R.topicFilterInvalid,
    R.topicNameInvalid,
    R.receiveMaximumExceeded,
    R.topicAliasInvalid,
    R.packetTooLarge,
    R.messageRateTooHigh,
    R.quotaExceeded,
    R.administrativeAction,
    R.payloadFormatInvalid,
    R.retainNotSupported,
    R.qosNotSupported,
    R.useAnotherServer,
    R.serverMoved,
    R.sharedSubscriptionsNotSupported,
    R.connectionRateExceeded,
    R.maximumConnectTime,
    R.subscriptionIdentifiersNotSupported,
    R.wildcardSubscriptionsNotSupported,
  ],
  auth: [R.success, R.continueAuthentication, R.reAuthenticate],
} as const satisfies Record<string, readonly ReasonCode[]>;

type PacketWithReason = keyof typeof allowed;

const sets = new Map<string, ReadonlySet<number>>(
  Object.entries(allowed).map(([kind, codes]) => [kind, new Set(codes)]),
);

export function isReasonOf(packet: PacketWithReason, code: number): code is ReasonCode {
  return sets.get(packet)?.has(code) === true;
}
