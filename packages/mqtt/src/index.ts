export { PacketDecoder } from './decoder.ts';
export { encodePacket } from './encoder.ts';
export {
  FIELD_LENGTH_MAX,
  FILTERS_MAX,
  TOPIC_LENGTH_MAX,
  TOPIC_LEVELS_MAX,
  USER_PROPERTIES_MAX,
  VARIABLE_INTEGER_MAX,
} from './limits.ts';
export { MqttError, type MqttFault } from './mqtt-error.ts';
export type { ClientPacket, Packet, ServerPacket } from './packet.ts';
export type { AuthPacket } from './packets/auth.ts';
export type { ConnackPacket } from './packets/connack.ts';
export type { ConnectPacket, Will } from './packets/connect.ts';
export type { DisconnectPacket } from './packets/disconnect.ts';
export type { PubackPacket } from './packets/puback.ts';
export type { PubcompPacket } from './packets/pubcomp.ts';
export type { PublishPacket } from './packets/publish.ts';
export type { PubrecPacket } from './packets/pubrec.ts';
export type { PubrelPacket } from './packets/pubrel.ts';
export { SUBSCRIBE_FAILURE, type SubackPacket } from './packets/suback.ts';
export type { RetainHandling, SubscribePacket, SubscriptionRequest } from './packets/subscribe.ts';
export type { UnsubackPacket } from './packets/unsuback.ts';
export type { UnsubscribePacket } from './packets/unsubscribe.ts';
export { NO_PROPERTIES, type Properties, type UserProperty } from './properties.ts';
export { type PacketKind, type ProtocolVersion, packetKind, type QoS } from './protocol.ts';
export { Reason, type ReasonCode, type ReasonName, ReturnCode } from './reason-code.ts';
export {
  type PacketId,
  parsePacketId,
  parseTopicFilter,
  parseTopicName,
  type SharedFilter,
  sharedFilter,
  type TopicFilter,
  type TopicName,
} from './topic.ts';
