import { sharedFilter } from '@keystile/mqtt';
import { topicFilter } from '../support/client.ts';

/**
 * What a broker should do, written for reading: arrays, no queues, no windows. It says which application messages each
 * session has to see; how they travel is not its business.
 */

export interface TwinMessage {
  readonly topic: string;
  readonly payload: string;
  readonly qos: number;
  readonly retain: boolean;
  readonly expiresAtMs: number | undefined;
  readonly publisher: string;
}

export interface TwinSubscription {
  readonly filter: string;
  readonly qos: number;
  readonly noLocal: boolean;
}

export interface TwinWill {
  readonly message: TwinMessage;
  readonly delayMs: number;
}

export interface TwinSession {
  readonly name: string;
  readonly subscriptions: Map<string, TwinSubscription>;
  /** QoS 2 publishes that were received and are not released, by packet identifier. */
  readonly held: Map<number, TwinMessage>;
  /** Ordinary deliveries: QoS 0 apart, since it may overtake the others. */
  readonly expected: { readonly zero: TwinMessage[]; readonly above: TwinMessage[]; readonly retained: TwinMessage[] };
  connected: boolean;
  keepMs: number;
  will: TwinWill | undefined;
  expiresAtMs: number;
  willDueAtMs: number;
}

export interface TwinObserver {
  /** A session is over; what it has not seen is lost. */
  ended(session: TwinSession): void;
  /** A message went to a shared group: `mustReach` when a connected member would get it at once at QoS 0. */
  shared(message: TwinMessage, filter: string, mustReach: boolean): void;
}

export class Twin {
  /** In the order of creation or of the last parting, which is the order in which time is applied to them. */
  readonly sessions = new Map<string, TwinSession>();
  readonly retained = new Map<string, TwinMessage>();
  readonly #observer: TwinObserver;

  constructor(observer: TwinObserver) {
    this.#observer = observer;
  }

  connect(
    name: string,
    how: { cleanStart: boolean; keepMs: number; will: TwinWill | undefined },
    nowMs: number,
  ): TwinSession {
    const before = this.sessions.get(name);
    if (before?.connected === true) this.part(before, true, nowMs);
    const kept = this.sessions.get(name);
    if (kept !== undefined && (how.cleanStart || kept.expiresAtMs <= nowMs)) this.#end(kept, nowMs);
    const session = this.sessions.get(name) ?? newSession(name);
    this.sessions.set(name, session);
    Object.assign(session, {
      connected: true,
      keepMs: how.keepMs,
      will: how.will,
      willDueAtMs: Number.POSITIVE_INFINITY,
    });
    return session;
  }

  /** The connection of a session ends. */
  part(session: TwinSession, withWill: boolean, nowMs: number): void {
    session.connected = false;
    session.expiresAtMs = nowMs + session.keepMs;
    this.sessions.delete(session.name);
    this.sessions.set(session.name, session);
    if (!withWill) session.will = undefined;
    const { will } = session;
    const delayMs = Math.min(will?.delayMs ?? 0, session.keepMs);
    session.willDueAtMs = nowMs + delayMs;
    // A session that is not kept is gone before its will is published.
    if (delayMs === 0) session.will = undefined;
    if (session.keepMs === 0) this.#end(session, nowMs);
    if (delayMs === 0 && will !== undefined) this.publish(will.message, nowMs);
  }

  tick(nowMs: number): void {
    for (const session of [...this.sessions.values()]) {
      if (session.connected) continue;
      if (session.expiresAtMs <= nowMs) this.#end(session, nowMs);
      else if (session.willDueAtMs <= nowMs) this.#fireWill(session, nowMs);
    }
  }

  subscribe(session: TwinSession, subscription: TwinSubscription, wantsRetained: boolean, nowMs: number): void {
    session.subscriptions.set(subscription.filter, subscription);
    if (!wantsRetained || isShared(subscription.filter)) return;
    for (const message of this.retained.values()) {
      if (!matches(subscription.filter, message.topic)) continue;
      if (message.expiresAtMs !== undefined && message.expiresAtMs <= nowMs) continue;
      session.expected.retained.push({ ...message, qos: Math.min(message.qos, subscription.qos) });
    }
  }

  publish(message: TwinMessage, nowMs: number): void {
    if (message.retain) {
      this.retained.delete(message.topic);
      if (message.payload !== '') this.retained.set(message.topic, message);
    }
    for (const session of this.sessions.values()) this.#deliver(session, message);
    for (const filter of this.#sharedFilters(message.topic)) {
      const members = [...this.sessions.values()].filter((session) => session.subscriptions.has(filter));
      const there = members.filter((session) => session.connected);
      this.#observer.shared(message, filter, there.length > 0 && message.qos === 0);
    }
    void nowMs;
  }

  #deliver(session: TwinSession, message: TwinMessage): void {
    const found = [...session.subscriptions.values()].filter(
      ({ filter, noLocal }) =>
        !isShared(filter) && matches(filter, message.topic) && !(noLocal && message.publisher === session.name),
    );
    if (found.length === 0) return;
    const qos = Math.min(message.qos, Math.max(...found.map((subscription) => subscription.qos)));
    if (qos > 0) session.expected.above.push({ ...message, qos });
    else if (session.connected) session.expected.zero.push({ ...message, qos });
  }

  #sharedFilters(topic: string): Set<string> {
    const filters = [...this.sessions.values()].flatMap((session) => [...session.subscriptions.keys()]);
    return new Set(filters.filter((filter) => isShared(filter) && matches(inner(filter), topic)));
  }

  #end(session: TwinSession, nowMs: number): void {
    this.#fireWill(session, nowMs);
    this.sessions.delete(session.name);
    this.#observer.ended(session);
  }

  #fireWill(session: TwinSession, nowMs: number): void {
    const { will } = session;
    session.will = undefined;
    session.willDueAtMs = Number.POSITIVE_INFINITY;
    if (will !== undefined) this.publish(will.message, nowMs);
  }
}

export function isShared(filter: string): boolean {
  return filter.startsWith('$share/');
}

/** By recursion over the levels, as the standard tells it (§4.7). */
export function matches(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false;
  return matchesRest(filter.split('/'), topic.split('/'));
}

function matchesRest([level, ...levels]: readonly string[], topic: readonly string[]): boolean {
  if (level === undefined) return topic.length === 0;
  if (level === '#') return true;
  const [first, ...rest] = topic;
  // `a/#` also matches `a`.
  if (first === undefined) return false;
  if (level !== '+' && level !== first) return false;
  if (rest.length === 0 && levels.length === 1 && levels[0] === '#') return true;
  return matchesRest(levels, rest);
}

function inner(filter: string): string {
  return sharedFilter(topicFilter(filter))?.filter ?? filter;
}

function newSession(name: string): TwinSession {
  return {
    name,
    subscriptions: new Map(),
    held: new Map(),
    expected: { zero: [], above: [], retained: [] },
    connected: true,
    keepMs: 0,
    will: undefined,
    expiresAtMs: Number.POSITIVE_INFINITY,
    willDueAtMs: Number.POSITIVE_INFINITY,
  };
}
