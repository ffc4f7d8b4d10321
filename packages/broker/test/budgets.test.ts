import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Reason } from '@keystile/mqtt';
import { defaultBudget } from '../src/limits.ts';
import { World } from './support/world.ts';

/** Budgets of one identity and of the process: what is over them is refused with 0x97, and nobody else notices. */

const payload = 'x'.repeat(10_000);

describe('The budget of the process', () => {
  const budget = { ...defaultBudget, queuedBytesMax: 100_000 };

  it('counts what is held for a release, and refuses more with 0x97 until something is released', () => {
    const world = new World({ budget });
    const clients = ['a', 'b'].map((id) => world.connect(`service:${id}`, { manual: true }));
    const answers = clients.flatMap((client) =>
      Array.from({ length: 8 }, (_, at) => client.publish('t', { qos: 2, packetId: at + 1, payload })),
    );
    const reasons = answers.map((answer) => (answer?.kind === 'pubrec' ? answer.reason : undefined));
    assert.deepEqual(reasons.slice(0, 8), Array(8).fill(Reason.success));
    assert.equal(reasons.filter((reason) => reason === Reason.quotaExceeded).length, 7);
    assert.ok(world.events.some((event) => event.code === 'KS-B373'));
    clients[0]?.acknowledge('pubrel', 1);
    const again = clients[1]?.publish('t', { qos: 2, packetId: 20, payload });
    assert.equal(again?.kind === 'pubrec' && again.reason, Reason.success);
  });

  it('gets back what a session held when the session ends', () => {
    const world = new World({ budget });
    for (let round = 0; round < 20; round++) {
      const client = world.connect('service:a', { manual: true });
      for (let packetId = 1; packetId <= 8; packetId++) {
        const answer = client.publish('t', { qos: 2, packetId, payload });
        assert.equal(answer?.kind === 'pubrec' && answer.reason, Reason.success, `round ${round}`);
      }
      client.drop();
    }
  });

  it('of retained bytes holds for all clients together', () => {
    const world = new World({ budget: { ...defaultBudget, retainedBytesMax: 50_000 } });
    const [first, second] = ['a', 'b'].map((id) => world.connect(`service:${id}`));
    for (let topic = 0; topic < 4; topic++) first?.publish(`t/${topic}`, { qos: 1, retain: true, payload });
    const answer = second?.publish('u', { qos: 1, retain: true, payload });
    assert.equal(answer?.kind === 'puback' && answer.reason, Reason.quotaExceeded);
    assert.ok(world.events.some((event) => event.code === 'KS-B305'));
    assert.ok(world.store.retained.bytes <= 50_000);
  });
});

describe('The share of an identity in the retained messages', () => {
  const limits = { retainedPerIdentityMax: 3 };
  const keep = { qos: 1, retain: true, payload: 'x' } as const;

  it('is all that it can take, and others have theirs', () => {
    const world = new World({ limits });
    const greedy = world.connect('service:greedy');
    const answers = [1, 2, 3, 4].map((topic) => greedy.publish(`t/${topic}`, keep));
    const last = answers.at(-1);
    assert.equal(last?.kind === 'puback' && last.reason, Reason.quotaExceeded);
    assert.ok(world.events.some((event) => event.code === 'KS-B374'));
    const other = world.connect('service:other').publish('u', keep);
    assert.notEqual(other?.kind === 'puback' && other.reason, Reason.quotaExceeded);
    assert.equal(world.store.retained.count, 4);
  });

  it('has room again after a removal, an expiry, or when another author replaces one', () => {
    const world = new World({ limits });
    const writer = world.connect('service:writer');
    const reasonOf = (topic: string): number | false => {
      const answer = writer.publish(topic, keep);
      return answer?.kind === 'puback' && answer.reason;
    };
    writer.publish('t/1', { ...keep, properties: { messageExpiryInterval: 1 } });
    for (const topic of ['t/2', 't/3']) reasonOf(topic);
    assert.equal(reasonOf('t/2'), Reason.noMatchingSubscribers, 'its own can be replaced');
    assert.equal(reasonOf('t/4'), Reason.quotaExceeded);
    writer.publish('t/2', { ...keep, payload: '' });
    assert.equal(reasonOf('t/4'), Reason.noMatchingSubscribers, 'removed');
    world.advance(5000);
    assert.equal(reasonOf('t/5'), Reason.noMatchingSubscribers, 'expired');
    world.connect('service:other').publish('t/3', keep);
    assert.equal(reasonOf('t/6'), Reason.noMatchingSubscribers, 'replaced');
    assert.equal(reasonOf('t/7'), Reason.quotaExceeded);
  });

  it('counts wills too, and what was kept by an earlier run', () => {
    const world = new World({ limits });
    for (let round = 0; round < 6; round++) {
      world.connect('service:a', { will: { topic: `w/${round}`, retain: true, payload: 'x' } }).drop();
    }
    assert.equal(world.store.retained.count, 3);
    const later = new World({ limits, store: world.store });
    const answer = later.connect('service:a').publish('t', keep);
    assert.equal(answer?.kind === 'puback' && answer.reason, Reason.quotaExceeded);
  });
});
