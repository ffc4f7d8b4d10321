import assert from 'node:assert/strict';
import type { QoS } from '@keystile/mqtt';
import { type Message, messageSize } from '../../src/message.ts';
import { sessionKeyOf } from '../../src/session/session-key.ts';
import type { Delivery, Store, StoredSession, Subscription } from '../../src/store/store.ts';
import { idOf, topicFilter, topicName } from '../support/client.ts';
import { Random } from '../support/random.ts';
import { identityOf } from '../support/world.ts';

const identity = identityOf('service:a');

export interface StoreCase {
  readonly name: string;
  readonly run: () => void | Promise<void>;
}

export interface StoreCases {
  readonly about: string;
  readonly cases: readonly StoreCase[];
}

type Define = (name: string, run: StoreCase['run']) => void;

/** What the broker relies on, whatever keeps it: cases to be run over every `Store`. */
export function storeSuite(makeStore: () => Store): readonly StoreCases[] {
  return [
    sessionCases(makeStore),
    messageCases(makeStore),
    queueCases(makeStore),
    retainedCases(makeStore),
    durabilityCases(makeStore),
  ];
}

function about(subject: string, define: (it: Define) => void): StoreCases {
  const cases: StoreCase[] = [];
  define((name, run) => cases.push({ name, run }));
  return { about: subject, cases };
}

function sessionCases(makeStore: () => Store): StoreCases {
  return about('sessions', (it) => {
    it('are found by their key until they are deleted', () => {
      const { sessions } = makeStore();
      const start = { key: sessionKeyOf(identity, 'a'), identity, clientId: 'a' };
      assert.equal(sessions.find(start.key), undefined);
      const session = sessions.create(start);
      assert.equal(sessions.find(start.key), session);
      assert.deepEqual([...sessions.all()], [session]);
      sessions.delete(start.key);
      assert.equal(sessions.find(start.key), undefined);
      assert.deepEqual([...sessions.all()], []);
    });

    it('are new and empty after create, also where there was one', () => {
      const store = makeStore();
      const before = newSession(store);
      before.setExpiry(5);
      before.setSubscription(subscription('t'));
      before.queue.push(delivery('1', 1));
      before.inFlight.set({ kind: 'released', packetId: idOf(1) });
      before.held.set({ packetId: idOf(1), message: message('x') });
      const after = newSession(store);
      assert.equal(after.expiresAtMs, undefined);
      assert.equal(after.pendingWill, undefined);
      assert.equal(after.subscriptions.size + after.queue.count + after.inFlight.count + after.held.count, 0);
      assert.deepEqual([...store.sessions.all()], [after]);
    });

    it('keep expiry, will and subscriptions as they were set last', () => {
      const session = newSession(makeStore());
      session.setExpiry(7);
      session.setKeep(8);
      session.setPendingWill({
        will: {
          message: message('w'),
          expirySeconds: 1,
          delayMs: 2,
          retainedLimits: { retainedMessagesMax: 3, retainedPerIdentityMax: 2 },
        },
        dueAtMs: 9,
      });
      session.setSubscription({ ...subscription('t'), qos: 0 });
      session.setSubscription({ ...subscription('t'), qos: 2 });
      assert.equal(session.expiresAtMs, 7);
      assert.equal(session.keepMs, 8);
      assert.equal(session.pendingWill?.dueAtMs, 9);
      assert.deepEqual(
        [...session.subscriptions.values()].map(({ qos }) => qos),
        [2],
      );
      assert.equal(session.deleteSubscription(topicFilter('t')), true);
      assert.equal(session.deleteSubscription(topicFilter('t')), false);
      session.setExpiry(undefined);
      session.setPendingWill(undefined);
      assert.equal(session.expiresAtMs ?? session.pendingWill, undefined);
    });
  });
}

function messageCases(makeStore: () => Store): StoreCases {
  return about('messages of a session', (it) => {
    it('keep what is in flight in the order of sending, also when a state changes', () => {
      const { inFlight } = newSession(makeStore());
      for (const id of [3, 1, 2]) inFlight.set({ kind: 'published', packetId: idOf(id), delivery: delivery('x', 2) });
      inFlight.set({ kind: 'released', packetId: idOf(1) });
      const order = Array.from(inFlight.all(), ({ kind, packetId }) => `${kind} ${packetId}`);
      assert.deepEqual(order, ['published 3', 'released 1', 'published 2']);
      inFlight.delete(idOf(3));
      inFlight.delete(idOf(3));
      assert.equal(inFlight.count, 2);
      assert.equal(inFlight.find(idOf(3)), undefined);
    });

    it('count the bytes of what is held', () => {
      const { held } = newSession(makeStore());
      held.set({ packetId: idOf(1), message: message('1234') });
      held.set({ packetId: idOf(2), message: message('') });
      held.set({ packetId: idOf(1), message: message('12') });
      assert.equal(held.count, 2);
      assert.equal(held.bytes, messageSize(message('12')) + messageSize(message('')));
      for (const id of [1, 1, 2, 3]) held.delete(idOf(id));
      assert.equal(held.bytes + held.count, 0);
    });
  });
}

function durabilityCases(makeStore: () => Store): StoreCases {
  return about('durability', (it) => {
    it('is reported once for every call, in order', async () => {
      const store = makeStore();
      const order: number[] = [];
      await new Promise<void>((done) => {
        for (const call of [1, 2, 3]) store.whenDurable(() => order.push(call));
        store.whenDurable(done);
      });
      assert.deepEqual(order, [1, 2, 3]);
    });
  });
}

function queueCases(makeStore: () => Store): StoreCases {
  return about('the queue', (it) => {
    it('behaves like an array, with its counts, through random changes', () => {
      for (let seed = 1; seed <= 30; seed++) {
        const random = new Random(seed);
        const { queue } = newSession(makeStore());
        let twin: Delivery[] = [];
        for (let step = 0; step < 500; step++) {
          const dice = random.below(100);
          if (dice < 55) {
            const next = delivery('x'.repeat(random.below(5)), random.below(3) as QoS);
            queue.push(next);
            twin.push(next);
          } else if (dice < 90) assert.equal(queue.shift(), twin.shift());
          else if (dice < 98) {
            const at = twin.findIndex(({ qos }) => qos === 0);
            assert.equal(queue.dropOldestQos0(), at >= 0);
            if (at >= 0) twin.splice(at, 1);
          } else {
            const isUnwanted = ({ message: { payload } }: Delivery): boolean => payload.length === 2;
            queue.discard(isUnwanted);
            twin = twin.filter((each) => !isUnwanted(each));
          }
          const sum = twin.reduce((bytes, each) => bytes + messageSize(each.message), 0);
          const zeros = twin.filter(({ qos }) => qos === 0).length;
          assert.deepEqual([queue.count, queue.bytes, queue.qos0Count], [twin.length, sum, zeros], `seed ${seed}`);
          assert.equal(queue.peek(), twin[0]);
        }
      }
    });
  });
}

function retainedCases(makeStore: () => Store): StoreCases {
  return about('retained messages', (it) => {
    it('are one for each topic, counted in number and bytes', () => {
      const { retained } = makeStore();
      retained.set(message('old and long', 'a'));
      retained.set(message('new', 'a'));
      retained.set(message('x', 'b'));
      assert.equal(retained.count, 2);
      assert.equal(retained.bytes, messageSize(message('new', 'a')) + messageSize(message('x', 'b')));
      assert.equal(Buffer.from(retained.find(topicName('a'))?.payload ?? []).toString(), 'new');
      for (const topic of ['a', 'a', 'b', 'c']) retained.delete(topicName(topic));
      assert.equal(retained.count + retained.bytes, 0);
    });

    it('are found by filter, lazily, and may be deleted meanwhile', () => {
      const { retained } = makeStore();
      for (const topic of ['a', 'a/b', 'a/c', 'd', '$SYS/a']) retained.set(message('x', topic));
      const found: string[] = [];
      for (const each of retained.match(topicFilter('a/#'))) {
        if (each === undefined) continue;
        found.push(each.topic);
        retained.delete(each.topic);
      }
      assert.deepEqual(found.sort(), ['a', 'a/b', 'a/c']);
      assert.deepEqual([...retained.match(topicFilter('#'))].map((each) => each?.topic).filter(Boolean), ['d']);
    });
  });
}

function newSession(store: Store): StoredSession {
  return store.sessions.create({ key: sessionKeyOf(identity, 'a'), identity, clientId: 'a' });
}

function subscription(filter: string): Subscription {
  return {
    filter: topicFilter(filter),
    qos: 1,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
    identifier: undefined,
  };
}

function message(payload: string, topic = 't'): Message {
  return {
    topic: topicName(topic),
    payload: Buffer.from(payload),
    qos: 1,
    retain: false,
    properties: {},
    expiresAtMs: undefined,
    author: identity,
    publisher: sessionKeyOf(identity, 'a'),
  };
}

function delivery(payload: string, qos: QoS): Delivery {
  return { message: message(payload), qos, retain: false, subscriptionIdentifiers: [] };
}
