/**
 * MQTT Control Packets as data: what the decoder yields and the encoder takes, for 3.1.1 and 5.0 alike.
 *
 * Properties exist in 5.0 only; a 3.1.1 packet has none. Byte strings share memory with the decoder's input: copy what
 * must outlive the turn. Not here: sessions, flow control, or any decision.
 */

/** Protocol level on the wire: 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0. */
export type ProtocolVersion = 3 | 4 | 5;
export type Qos = 0 | 1 | 2;

/** A topic name without wildcards, checked ([MQTT-4.7.1-1], [MQTT-4.7.3-1]). Only `topicName` makes one. */
export type TopicName = string & { readonly __brand: 'TopicName' };
/** A topic filter whose wildcards stand where they may ([MQTT-4.7.1-2], [MQTT-4.7.1-3]). Only `topicFilter` makes one. */
export type TopicFilter = string & { readonly __brand: 'TopicFilter' };
/** 1 to 65,535 ([MQTT-2.2.1-3]). */
export type PacketId = number & { readonly __brand: 'PacketId' };

export type UserProperties = readonly (readonly [string, string])[];

/** Every property of MQTT 5.0 §2.2.2.2, by its name. Which packet may carry which is the codec's table. */
export interface Properties {
  readonly payloadFormatIndicator?: 0 | 1;
  /** Seconds. */
  readonly messageExpiryInterval?: number;
  readonly contentType?: string;
  readonly responseTopic?: string;
  readonly correlationData?: Uint8Array;
  /** More than one only in a PUBLISH that the server sends. */
  readonly subscriptionIdentifiers?: readonly number[];
  /** Seconds. */
  readonly sessionExpiryInterval?: number;
  readonly assignedClientIdentifier?: string;
  /** Seconds. */
  readonly serverKeepAlive?: number;
  readonly authenticationMethod?: string;
  readonly authenticationData?: Uint8Array;
  readonly requestProblemInformation?: boolean;
  /** Seconds. */
  readonly willDelayInterval?: number;
  readonly requestResponseInformation?: boolean;
  readonly responseInformation?: string;
  readonly serverReference?: string;
  readonly reasonString?: string;
  readonly receiveMaximum?: number;
  readonly topicAliasMaximum?: number;
  readonly topicAlias?: number;
  readonly maximumQos?: 0 | 1;
  readonly retainAvailable?: boolean;
  readonly userProperties?: UserProperties;
  readonly maximumPacketSize?: number;
  readonly wildcardSubscriptionAvailable?: boolean;
  readonly subscriptionIdentifiersAvailable?: boolean;
  readonly sharedSubscriptionAvailable?: boolean;
}

export interface Will {
  readonly topic: TopicName;
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly properties: Properties;
}

export interface Connect {
  readonly kind: 'connect';
  readonly version: ProtocolVersion;
  /** Clean Session of 3.1.1, Clean Start of 5.0. */
  readonly cleanStart: boolean;
  /** Seconds; 0 turns the mechanism off. */
  readonly keepAlive: number;
  /** May be empty: the server assigns one. */
  readonly clientId: string;
  readonly will?: Will;
  readonly username?: string;
  readonly password?: Uint8Array;
  readonly properties: Properties;
}

export interface Connack {
  readonly kind: 'connack';
  readonly sessionPresent: boolean;
  /** A return code of 3.1.1 §3.2.2.3 or a reason code of 5.0 §3.2.2.2, as it goes on the wire. */
  readonly reasonCode: number;
  readonly properties: Properties;
}

export interface Publish {
  readonly kind: 'publish';
  /** Empty only with a topic alias (5.0). */
  readonly topic: TopicName | '';
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly dup: boolean;
  /** Exactly when `qos` is above 0. */
  readonly packetId?: PacketId;
  readonly properties: Properties;
}

/** PUBACK, PUBREC, PUBREL and PUBCOMP have one shape. */
export interface Acknowledgement {
  readonly kind: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp';
  readonly packetId: PacketId;
  /** 0 in 3.1.1, where none is sent. */
  readonly reasonCode: number;
  readonly properties: Properties;
}

export interface Subscription {
  readonly filter: TopicFilter;
  readonly qos: Qos;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  /** 0 send retained, 1 send if the subscription is new, 2 do not send. */
  readonly retainHandling: 0 | 1 | 2;
}

export interface Subscribe {
  readonly kind: 'subscribe';
  readonly packetId: PacketId;
  readonly subscriptions: readonly Subscription[];
  readonly properties: Properties;
}

export interface Suback {
  readonly kind: 'suback';
  readonly packetId: PacketId;
  readonly reasonCodes: readonly number[];
  readonly properties: Properties;
}

export interface Unsubscribe {
  readonly kind: 'unsubscribe';
  readonly packetId: PacketId;
  readonly filters: readonly TopicFilter[];
  readonly properties: Properties;
}

export interface Unsuback {
  readonly kind: 'unsuback';
  readonly packetId: PacketId;
  /** Empty in 3.1.1. */
  readonly reasonCodes: readonly number[];
  readonly properties: Properties;
}

export interface Pingreq {
  readonly kind: 'pingreq';
}

export interface Pingresp {
  readonly kind: 'pingresp';
}

export interface Disconnect {
  readonly kind: 'disconnect';
  readonly reasonCode: number;
  readonly properties: Properties;
}

export interface Auth {
  readonly kind: 'auth';
  readonly reasonCode: number;
  readonly properties: Properties;
}

export type Packet =
  | Connect
  | Connack
  | Publish
  | Acknowledgement
  | Subscribe
  | Suback
  | Unsubscribe
  | Unsuback
  | Pingreq
  | Pingresp
  | Disconnect
  | Auth;
