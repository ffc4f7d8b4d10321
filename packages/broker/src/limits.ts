/**
 * Every limit of the broker, resolved once from configuration into this fully required type. The defaults are the
 * budgets of the architecture, section 8.
 */
export interface Limits {
  /** Bytes of the largest packet that a client may send; announced in CONNACK. */
  readonly packetSizeMax: number;
  /** QoS 1 and 2 publishes that a client may have unacknowledged; announced in CONNACK. */
  readonly receiveMaximum: number;
  /** Topic aliases that a client may use; announced in CONNACK. */
  readonly topicAliasMaximum: number;
  /** QoS 1 and 2 publishes in flight to a client that did not announce a smaller number. */
  readonly inFlightMax: number;
  /** Levels of a topic or filter. */
  readonly topicLevelsMax: number;
  /** Seconds that a session outlives its connection at most. */
  readonly sessionExpiryMaxSeconds: number;
  /** Seconds of keep alive at most; a version 5 client that asks for more, or for none, is told this. */
  readonly keepAliveMaxSeconds: number;
  readonly queuedMessagesMax: number;
  readonly queuedBytesMax: number;
  readonly subscriptionsMax: number;
  /** Stored sessions of one identity. */
  readonly sessionsPerIdentityMax: number;
  readonly retainedMessagesMax: number;
  /** Retained messages of one author: nobody alone can take the place of all others. */
  readonly retainedPerIdentityMax: number;
  /** PUBLISH packets of one client in a second; infinite where nobody counts. */
  readonly publishesPerSecondMax: number;
  /** Bytes of their topics and payloads. */
  readonly publishBytesPerSecondMax: number;
  /** What becomes of more: it is read later, or it is refused. */
  readonly publishExcess: 'slow' | 'refuse';
  /** Milliseconds from accepting a connection to a complete CONNECT. */
  readonly connectTimeoutMs: number;
}

export const defaultLimits: Limits = {
  packetSizeMax: 1024 * 1024,
  receiveMaximum: 64,
  topicAliasMaximum: 16,
  inFlightMax: 64,
  topicLevelsMax: 32,
  sessionExpiryMaxSeconds: 7 * 24 * 3600,
  keepAliveMaxSeconds: 1200,
  queuedMessagesMax: 1000,
  queuedBytesMax: 8 * 1024 * 1024,
  subscriptionsMax: 1024,
  sessionsPerIdentityMax: 16,
  retainedMessagesMax: 100_000,
  retainedPerIdentityMax: 25_000,
  publishesPerSecondMax: Number.POSITIVE_INFINITY,
  publishBytesPerSecondMax: Number.POSITIVE_INFINITY,
  publishExcess: 'slow',
  connectTimeoutMs: 5000,
};

/** A CONNECT with will and credentials fits; nobody who is not yet admitted gets more memory. */
export const PACKET_SIZE_BEFORE_CONNECT_MAX = 16 * 1024;

/** Aliases that we use towards a client, whatever it offers: each costs us a map entry for a connection's life. */
export const TOPIC_ALIAS_OUT_MAX = 32;

/**
 * Bytes that one connection produces before the driver takes them; more waits in the session, within its limits. A small
 * packet can ask for much: one SUBSCRIBE for every retained message, one alias for a topic of 4 KiB.
 */
export const OUTBOX_BYTES_MAX = 1024 * 1024;

/**
 * Connections that go on in one turn with what their outbox or their walk held back. Each may take a millisecond: a hundred
 * readers of everything that is retained share the turn with who wants one message.
 */
export const HELD_BACK_TURNS_MAX = 8;

/** Steps through retained messages in one go: a wide wildcard over many of them shares the turn with other clients. */
export const RETAINED_STEPS_MAX = 2000;

/** What all clients together may make the process hold. */
export interface ProcessBudget {
  /** Bytes of all queues, and of all QoS 2 messages that wait for their release. */
  readonly queuedBytesMax: number;
  /** Bytes of all retained messages. */
  readonly retainedBytesMax: number;
}

/** Within what a broker on a small machine can hold beside everything else. */
export const defaultBudget: ProcessBudget = {
  queuedBytesMax: 1024 * 1024 * 1024,
  retainedBytesMax: 256 * 1024 * 1024,
};

/** What bounds retained messages by number. */
export type RetainedLimits = Pick<Limits, 'retainedMessagesMax' | 'retainedPerIdentityMax'>;

/** Members of a shared group that are looked at for one message: with all of them away, the next message goes on. */
export const GROUP_STEPS_MAX = 64;

/** Refusals that are logged one by one for a connection; after that, only every one whose number is a power of two. */
export const REFUSALS_LOGGED_MAX = 16;

/** Milliseconds between two re-authentications of a connection: each may cost the broker a verification. */
export const REAUTHENTICATION_MS_MIN = 1000;

/** How often one connection may repeat a QoS 2 publish that it has not released: once may be a race, more is a flood. */
export const QOS2_REPEATS_MAX = 1;
