import type { PacketId, QoS, RetainHandling, TopicFilter, TopicName } from '@keystile/mqtt';
import type { Identity } from '../admission/identity.ts';
import type { LastWill, Message } from '../message.ts';
import type { SessionKey } from '../session/session-key.ts';

/**
 * Everything that may have to outlive a connection or the process goes through this interface. The broker reads and
 * writes synchronously and puts what depends on durability (PUBACK, PUBREC, PUBCOMP, SUBACK) behind `whenDurable`.
 *
 * Implementations: `MemoryStore` here. A durable one appends each call to a log and answers from memory.
 */
export interface Store {
  readonly sessions: SessionStore;
  readonly retained: RetainedStore;
  /** Calls back, in order, once everything written before the call is durable. May call back at once. */
  whenDurable(callback: () => void): void;
}

export interface SessionStore {
  find(key: SessionKey): StoredSession | undefined;
  /** A new, empty session; one that was there under this key is gone. */
  create(start: SessionStart): StoredSession;
  delete(key: SessionKey): void;
  all(): Iterable<StoredSession>;
}

export interface SessionStart {
  readonly key: SessionKey;
  readonly identity: Identity;
  readonly clientId: string;
}

/** Session state (MQTT 5.0 §4.1). */
export interface StoredSession extends SessionStart {
  /** When an unconnected session ends, on the broker's clock; undefined while it is connected. */
  readonly expiresAtMs: number | undefined;
  /** How long it outlives its connection: what counts when the broker, and not the connection, ended first. */
  readonly keepMs: number;
  readonly subscriptions: ReadonlyMap<TopicFilter, Subscription>;
  /** Will message that waits for its delay. */
  readonly pendingWill: PendingWill | undefined;
  /** Messages that have no packet identifier yet, oldest first. */
  readonly queue: MessageQueue;
  /** QoS 1 and 2 messages that were sent and are not yet done, in the order of sending [MQTT-4.6.0-1]. */
  readonly inFlight: InFlightMessages;
  /** QoS 2 messages that were received and are not yet released. */
  readonly held: HeldMessages;
  setExpiry(expiresAtMs: number | undefined): void;
  setKeep(keepMs: number): void;
  setPendingWill(will: PendingWill | undefined): void;
  setSubscription(subscription: Subscription): void;
  deleteSubscription(filter: TopicFilter): boolean;
}

export interface Subscription {
  readonly filter: TopicFilter;
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: RetainHandling;
  readonly identifier: number | undefined;
}

export interface PendingWill {
  readonly will: LastWill;
  readonly dueAtMs: number;
}

/** A message on its way to one subscriber. */
export interface Delivery {
  readonly message: Message;
  /** The lower of what was published and what was subscribed. */
  readonly qos: QoS;
  /** The retain flag that the subscriber sees. */
  readonly retain: boolean;
  readonly subscriptionIdentifiers: readonly number[];
  /** The `$share/…` filter that it came by, if any: when this subscriber goes, another of the group may get it (§4.8.2). */
  readonly shared?: TopicFilter;
}

export interface MessageQueue {
  readonly count: number;
  readonly bytes: number;
  /** How many of them are QoS 0. */
  readonly qos0Count: number;
  peek(): Delivery | undefined;
  push(delivery: Delivery): void;
  shift(): Delivery | undefined;
  /** Drops the oldest QoS 0 message; false when there is none. */
  dropOldestQos0(): boolean;
  /** Removes what is no longer to be delivered. */
  discard(isUnwanted: (delivery: Delivery) => boolean): void;
}

export type InFlight =
  | { readonly kind: 'published'; readonly packetId: PacketId; readonly delivery: Delivery }
  | { readonly kind: 'released'; readonly packetId: PacketId };

export interface InFlightMessages {
  readonly count: number;
  find(packetId: PacketId): InFlight | undefined;
  /** Adds a message, or replaces its state without changing its place in the order. */
  set(entry: InFlight): void;
  delete(packetId: PacketId): void;
  all(): Iterable<InFlight>;
}

export interface Held {
  readonly packetId: PacketId;
  readonly message: Message;
}

export interface HeldMessages {
  readonly count: number;
  readonly bytes: number;
  find(packetId: PacketId): Held | undefined;
  set(held: Held): void;
  delete(packetId: PacketId): void;
}

export interface RetainedStore {
  readonly count: number;
  readonly bytes: number;
  find(topic: TopicName): Message | undefined;
  set(message: Message): void;
  delete(topic: TopicName): void;
  /**
   * Walks lazily, so that a slow reader of many messages holds only its place. Undefined is a step without a match: it
   * lets the reader pause. What is set or deleted meanwhile may or may not be seen.
   */
  match(filter: TopicFilter): Iterable<Message | undefined>;
  /** The same walk over all of them. */
  all(): Iterable<Message | undefined>;
}
