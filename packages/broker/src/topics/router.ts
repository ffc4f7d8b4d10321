import { type QoS, sharedFilter, type TopicFilter, type TopicName } from '@keystile/mqtt';
import type { AccessControl } from '../access/access-control.ts';
import { isExpired, type Message } from '../message.ts';
import type { Session } from '../session/session.ts';
import type { RetainedStore, Subscription } from '../store/store.ts';
import { SharedGroup } from './shared-group.ts';
import { SubscriptionTree } from './subscription-tree.ts';

interface Subscriber {
  readonly session: Session;
  readonly subscription: Subscription;
}

/** What overlapping subscriptions of one session come to: one delivery with all identifiers (§3.3.4). */
interface Grant {
  qos: QoS;
  retainAsPublished: boolean;
  readonly identifiers: number[];
}

/**
 * Brings messages to the sessions that subscribe to them, and keeps the retained ones. Every path that ends at a
 * subscriber asks the access rules about the concrete topic here.
 */
export class Router {
  readonly #subscribers = new SubscriptionTree<Subscriber>();
  readonly #groups = new SubscriptionTree<SharedGroup<Subscriber>>();
  readonly #retained: RetainedStore;
  readonly #access: AccessControl;

  constructor(retained: RetainedStore, access: AccessControl) {
    this.#retained = retained;
    this.#access = access;
  }

  subscribe(session: Session, subscription: Subscription): void {
    const { key } = session.stored;
    session.stored.setSubscription(subscription);
    const shared = sharedFilter(subscription.filter);
    if (shared === undefined) {
      this.#subscribers.set(subscription.filter, key, { session, subscription });
      return;
    }
    let group = this.#groups.find(shared.filter, shared.group);
    if (group === undefined) {
      group = new SharedGroup();
      this.#groups.set(shared.filter, shared.group, group);
    }
    group.set(key, { session, subscription });
  }

  /** False when there was no such subscription. */
  unsubscribe(session: Session, filter: TopicFilter): boolean {
    if (!session.stored.deleteSubscription(filter)) return false;
    const { key } = session.stored;
    const shared = sharedFilter(filter);
    if (shared === undefined) this.#subscribers.delete(filter, key);
    else {
      const group = this.#groups.find(shared.filter, shared.group);
      group?.delete(key);
      if (group?.size === 0) this.#groups.delete(shared.filter, shared.group);
    }
    return true;
  }

  unsubscribeAll(session: Session): void {
    for (const filter of [...session.stored.subscriptions.keys()]) this.unsubscribe(session, filter);
  }

  /** How many sessions subscribe to the topic. */
  publish(message: Message, nowMs: number): number {
    const grants = new Map<Session, Grant>();
    this.#subscribers.match(message.topic, (subscriber) => this.#collect(grants, subscriber, message));
    for (const [session, grant] of grants) this.#deliver(session, { message, grant }, nowMs);
    let reached = grants.size;
    this.#groups.match(message.topic, (group) => {
      const member = group.next((each) => each.session.ready);
      if (member === undefined || !this.#mayReceive(member.session, message)) return;
      reached += 1;
      const grant = grantOf(member.subscription);
      this.#deliver(member.session, { message, grant }, nowMs);
    });
    return reached;
  }

  /** Keeps, replaces or (empty payload) removes the retained message of a topic [MQTT-3.3.1-5 to -8]. */
  retain(message: Message): void {
    if (message.payload.length === 0) this.#retained.delete(message.topic);
    else this.#retained.set(message);
  }

  /** Whether a retained message on this topic would be one more than allowed. */
  retainedIsFull(topic: TopicName, countMax: number): boolean {
    return this.#retained.count >= countMax && this.#retained.find(topic) === undefined;
  }

  /** Sends a new subscription the retained messages that its reader may read and their authors may still publish. */
  deliverRetained(session: Session, subscription: Subscription, nowMs: number): void {
    for (const message of [...this.#retained.match(subscription.filter)]) {
      if (isExpired(message, nowMs)) {
        this.#retained.delete(message.topic);
        continue;
      }
      if (!this.#access.permissionsOf(message.author).mayPublish(message.topic).allowed) continue;
      if (!this.#mayReceive(session, message)) continue;
      const qos = lower(message.qos, subscription.qos);
      const subscriptionIdentifiers = subscription.identifier === undefined ? [] : [subscription.identifier];
      session.deliver({ message, qos, retain: true, subscriptionIdentifiers }, nowMs);
    }
  }

  #collect(grants: Map<Session, Grant>, subscriber: Subscriber, message: Message): void {
    const { session, subscription } = subscriber;
    if (subscription.noLocal && session.stored.key === message.publisher) return;
    if (!this.#mayReceive(session, message)) return;
    const grant = grants.get(session);
    if (grant === undefined) {
      grants.set(session, grantOf(subscription));
      return;
    }
    if (subscription.qos > grant.qos) grant.qos = subscription.qos;
    if (subscription.retainAsPublished) grant.retainAsPublished = true;
    if (subscription.identifier !== undefined) grant.identifiers.push(subscription.identifier);
  }

  #deliver(session: Session, what: { readonly message: Message; readonly grant: Grant }, nowMs: number): void {
    const { message, grant } = what;
    session.deliver(
      {
        message,
        qos: lower(message.qos, grant.qos),
        retain: message.retain && grant.retainAsPublished,
        subscriptionIdentifiers: grant.identifiers,
      },
      nowMs,
    );
  }

  #mayReceive(session: Session, message: Message): boolean {
    const permissions = this.#access.permissionsOf(session.stored.identity);
    return permissions.receivesAllItSubscribes || permissions.mayReceive(message.topic).allowed;
  }
}

function grantOf(subscription: Subscription): Grant {
  return {
    qos: subscription.qos,
    retainAsPublished: subscription.retainAsPublished,
    identifiers: subscription.identifier === undefined ? [] : [subscription.identifier],
  };
}

function lower(a: QoS, b: QoS): QoS {
  return a < b ? a : b;
}
