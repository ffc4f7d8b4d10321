import { type QoS, sharedFilter, type TopicFilter } from '@keystile/mqtt';
import type { AccessControl } from '../access/access-control.ts';
import { RETAINED_STEPS_MAX, type RetainedLimits } from '../limits.ts';
import { isExpired, type Message, messageSize } from '../message.ts';
import { type Refusal, refuse } from '../refusal.ts';
import type { Session } from '../session/session.ts';
import type { Delivery, RetainedStore, Subscription } from '../store/store.ts';
import { RetainedShares } from './retained-shares.ts';
import { hashOf, type ShareStrategy } from './share-strategy.ts';
import { SharedGroup, type Standing } from './shared-group.ts';
import { SubscriptionTree } from './subscription-tree.ts';

/** Retained messages for one subscription; `next` takes the time. Undefined is a step without a message. */
export type RetainedFeed = Generator<Delivery | undefined, void, number>;

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

export interface RouterOptions {
  readonly retained: RetainedStore;
  readonly access: AccessControl;
  readonly shareStrategy: ShareStrategy;
  /** Of all retained messages together. */
  readonly retainedBytesMax: number;
}

/**
 * Brings messages to the sessions that subscribe to them, and keeps the retained ones. Every path that ends at a
 * subscriber asks the access rules about the concrete topic here.
 */
export class Router {
  readonly #subscribers = new SubscriptionTree<Subscriber>();
  readonly #groups = new SubscriptionTree<SharedGroup<Subscriber>>();
  readonly #retained: RetainedStore;
  readonly #retainedBytesMax: number;
  readonly #shares: RetainedShares;
  readonly #access: AccessControl;
  readonly #shareStrategy: ShareStrategy;
  /** The walk that removes expired retained messages, a piece with every tick. */
  #sweep: Iterator<Message | undefined> | undefined;

  constructor({ retained, access, shareStrategy, retainedBytesMax }: RouterOptions) {
    this.#retained = retained;
    this.#retainedBytesMax = retainedBytesMax;
    this.#shares = new RetainedShares(retained);
    this.#access = access;
    this.#shareStrategy = shareStrategy;
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
    session.endFeed(filter);
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

  /** How many sessions subscribe to the topic. `listener` is where the message came by, if it came from a client just now. */
  publish(message: Message, nowMs: number, listener?: string): number {
    const grants = new Map<Session, Grant>();
    this.#subscribers.match(message.topic, (subscriber) => this.#collect(grants, subscriber, message));
    for (const [session, grant] of grants) this.#deliver(session, { message, grant }, nowMs);
    let reached = grants.size;
    this.#groups.match(message.topic, (group) => {
      const member = this.#choose(group, message, listener);
      if (member === undefined) return;
      reached += 1;
      this.#deliverShared(member, message, nowMs);
    });
    return reached;
  }

  /**
   * A member of shared groups has gone: what waits for it goes to others who are there. When its session is over, members
   * that are away get it too, and what was sent at QoS 1 is given anew (§4.8.2). Nobody with a full queue is asked.
   */
  redistribute(leaving: Session, nowMs: number, isOver: boolean): void {
    leaving.handOver((delivery, filter) => {
      const { message } = delivery;
      const shared = sharedFilter(filter);
      const group = shared && this.#groups.find(shared.filter, shared.group);
      const member = group?.next((each) => {
        if (each.session === leaving || !each.session.hasRoomFor(delivery)) return 'barred';
        const standing = this.#standingOf(each, message);
        return isOver || standing !== 'absent' ? standing : 'barred';
      });
      if (member !== undefined) this.#deliverShared(member, message, nowMs);
      return member !== undefined;
    }, isOver);
  }

  /** Keeps, replaces or (empty payload) removes the retained message of a topic [MQTT-3.3.1-5 to -8]. */
  retain(message: Message): void {
    const before = this.#retained.find(message.topic);
    if (before !== undefined) this.#shares.give(before);
    if (message.payload.length === 0) this.#retained.delete(message.topic);
    else {
      this.#retained.set(message);
      this.#shares.take(message);
    }
  }

  /** Undefined when there is room to retain this message: a removal always has room. */
  refuseToRetain(message: Message, limits: RetainedLimits): Refusal | undefined {
    if (!message.retain || message.payload.length === 0) return undefined;
    const { topic, author } = message;
    const before = this.#retained.find(topic);
    const { bytes, count } = this.#retained;
    const bytesAfter = bytes + messageSize(message) - (before === undefined ? 0 : messageSize(before));
    if (bytesAfter > this.#retainedBytesMax || (before === undefined && count >= limits.retainedMessagesMax)) {
      return refuse('KS-B305', `no room for another retained message on '${topic}'`);
    }
    const isOneMore = before?.author.urn !== author.urn;
    if (isOneMore && this.#shares.of(author) >= limits.retainedPerIdentityMax) {
      return refuse('KS-B374', `'${author.urn}' has ${limits.retainedPerIdentityMax} retained messages, its share`);
    }
    return undefined;
  }

  /** Sends a new subscription the retained messages that its reader may read and their authors may still publish. */
  deliverRetained(session: Session, subscription: Subscription): void {
    session.feed(subscription.filter, this.#retainedFor(session, subscription));
  }

  /** Nobody may ever ask for an expired message again: it must not keep its place for good. */
  tick(nowMs: number): void {
    this.#sweep ??= this.#retained.all()[Symbol.iterator]();
    for (let step = 0; step < RETAINED_STEPS_MAX; step++) {
      const { value: message, done } = this.#sweep.next();
      if (done === true) {
        this.#sweep = undefined;
        return;
      }
      if (message !== undefined && isExpired(message, nowMs)) this.#forget(message);
    }
  }

  #forget(message: Message): void {
    this.#shares.give(message);
    this.#retained.delete(message.topic);
  }

  /** Read bit by bit while the client takes it, so everything is judged at the moment of sending. */
  *#retainedFor(session: Session, subscription: Subscription): RetainedFeed {
    const subscriptionIdentifiers = subscription.identifier === undefined ? [] : [subscription.identifier];
    let nowMs = yield undefined;
    for (const message of this.#retained.match(subscription.filter)) {
      if (message !== undefined && isExpired(message, nowMs)) this.#forget(message);
      else if (message !== undefined && this.#mayBeShown(session, message)) {
        const qos = lower(message.qos, subscription.qos);
        nowMs = yield { message, qos, retain: true, subscriptionIdentifiers };
      } else nowMs = yield undefined;
    }
  }

  #mayBeShown(session: Session, message: Message): boolean {
    return this.#access.mayStillPublish(message.author, message.topic) && this.#mayReceive(session, message);
  }

  #choose(group: SharedGroup<Subscriber>, message: Message, listener: string | undefined): Subscriber | undefined {
    const standingOf = (each: Subscriber): Standing => this.#standingOf(each, message);
    if (this.#shareStrategy === 'hash') {
      const steady = (each: Subscriber): Standing => {
        const standing = standingOf(each);
        return standing === 'busy' ? 'ready' : standing;
      };
      return group.next(steady, hashOf(message.topic));
    }
    if (this.#shareStrategy === 'local-first' && listener !== undefined) {
      const local = (each: Subscriber): Standing =>
        each.session.listener === listener && standingOf(each) === 'ready' ? 'ready' : 'barred';
      const found = group.next(local);
      if (found !== undefined) return found;
    }
    return group.next(standingOf);
  }

  #standingOf({ session }: Subscriber, message: Message): Standing {
    return this.#mayReceive(session, message) ? session.standing : 'barred';
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

  #deliverShared({ session, subscription }: Subscriber, message: Message, nowMs: number): void {
    this.#deliver(session, { message, grant: grantOf(subscription), shared: subscription.filter }, nowMs);
  }

  #deliver(
    session: Session,
    what: { readonly message: Message; readonly grant: Grant; readonly shared?: TopicFilter },
    nowMs: number,
  ): void {
    const { message, grant, shared } = what;
    session.deliver(
      {
        message,
        qos: lower(message.qos, grant.qos),
        retain: message.retain && grant.retainAsPublished,
        subscriptionIdentifiers: grant.identifiers,
        ...(shared !== undefined && { shared }),
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
