import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { QoS } from '@keystile/mqtt';
import type { Message } from '../../src/message.ts';
import { messageSize } from '../../src/message.ts';
import { QueueBudget } from '../../src/session/queue-budget.ts';
import { type DeliveryChannel, Session, type SessionOptions } from '../../src/session/session.ts';
import { sessionKeyOf } from '../../src/session/session-key.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import type { Delivery } from '../../src/store/store.ts';
import { topicName } from '../support/client.ts';
import { Random } from '../support/random.ts';
import { identityOf } from '../support/world.ts';

const identity = identityOf('service:a');

function message(payload: string): Message {
  return {
    topic: topicName('t'),
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

function sessionOf(clientId: string, given: Pick<SessionOptions, 'budget'> & Partial<SessionOptions>): Session {
  const store = new MemoryStore();
  const stored = store.sessions.create({ key: sessionKeyOf(identity, clientId), identity, clientId });
  const limits = { queuedMessagesMax: 10, queuedBytesMax: 100_000 };
  return new Session(stored, { limits, mayReceive: () => true, onDropped: () => undefined, ...given });
}

/** A channel that counts what it takes. */
class Channel implements DeliveryChannel {
  readonly window = 5;
  congested = false;
  readonly listener = 'test';
  readonly sent: string[] = [];
  turnsAsked = 0;

  publish({ message: { payload } }: Delivery): boolean {
    this.sent.push(Buffer.from(payload).toString());
    return true;
  }

  release(): void {
    this.sent.push('release');
  }

  askForTurn(): void {
    this.turnsAsked += 1;
  }

  displace(): void {
    this.sent.push('displaced');
  }
}

describe('The budget of all queues', () => {
  it('refuses a message that one session alone would still take, but never the first of a session', () => {
    const size = messageSize(message('x'));
    const budget = new QueueBudget(2 * size);
    const [first, second] = ['1', '2'].map((clientId) => sessionOf(clientId, { budget }));
    for (const payload of ['a', 'b', 'c']) first?.deliver(delivery(payload, 1), 0);
    assert.equal(first?.stored.queue.count, 2);
    assert.equal(first?.takeDropped(), 1);
    second?.deliver(delivery('d', 1), 0);
    assert.equal(second?.stored.queue.count, 1);
    first?.close();
    assert.equal(budget.bytes, size);
    second?.close();
    assert.equal(budget.bytes, 0);
  });

  it('is what the queues hold, through random changes', () => {
    const random = new Random(20261124);
    const budget = new QueueBudget(20_000);
    let allowed = true;
    const mayReceive = (): boolean => allowed || random.chance(50);
    const sessions = Array.from({ length: 4 }, (_, index) => sessionOf(`${index}`, { budget, mayReceive }));
    for (let step = 0; step < 5000; step++) {
      const session = random.pick(sessions);
      const dice = random.below(100);
      if (dice < 60) session.deliver(delivery('x'.repeat(random.below(2000)), random.below(3) as QoS), step);
      else if (dice < 70) session.attach(new Channel(), step);
      else if (dice < 80) session.detach();
      else if (dice < 95) for (const { packetId } of [...session.stored.inFlight.all()]) session.finish(packetId, step);
      else {
        allowed = false;
        session.purge();
        allowed = true;
      }
      const held = sessions.reduce((sum, each) => sum + each.stored.queue.bytes, 0);
      assert.equal(budget.bytes, held, `step ${step}`);
    }
  });
});

describe('A session', () => {
  it('asks for a turn only when its own outbox is what holds it back', () => {
    const session = sessionOf('a', { budget: new QueueBudget(1_000_000) });
    const channel = new Channel();
    session.attach(channel, 0);
    for (let count = 0; count < 8; count++) session.deliver(delivery(`${count}`, 1), 0);
    // The window is full: an acknowledgement goes on, not a turn.
    assert.equal(channel.sent.length, channel.window);
    assert.equal(channel.turnsAsked, 0);
    channel.congested = true;
    session.pump(0);
    assert.equal(channel.turnsAsked, 1);
  });

  it('keeps QoS 0 in order when the jam is over before the queue is', () => {
    const session = sessionOf('a', { budget: new QueueBudget(1_000_000) });
    const channel = new Channel();
    session.attach(channel, 0);
    channel.congested = true;
    session.deliver(delivery('first', 0), 0);
    channel.congested = false;
    session.deliver(delivery('second', 0), 0);
    assert.deepEqual(channel.sent, ['first', 'second']);
  });

  it('without a connection has nobody to displace', () => {
    const session = sessionOf('a', { budget: new QueueBudget(1000) });
    session.displace(0);
    const channel = new Channel();
    session.attach(channel, 0);
    session.displace(0);
    assert.deepEqual(channel.sent, ['displaced']);
  });
});
