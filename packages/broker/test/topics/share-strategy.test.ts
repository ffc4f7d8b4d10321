import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hashOf, shareStrategies } from '../../src/topics/share-strategy.ts';
import type { Client } from '../support/client.ts';
import { versions } from '../support/versions.ts';
import { World } from '../support/world.ts';

const TOPICS = Array.from({ length: 60 }, (_, index) => `t/${index}`);

for (const version of versions) {
  describe(`The strategy of shared subscriptions, version ${version}`, () => {
    function groupOf(world: World, listeners: readonly string[]): Client[] {
      return listeners.map((listener, index) => {
        const member = world.connect(`service:m${index}`, { version, listener });
        member.subscribe('$share/g/t/#', { qos: 1 });
        return member;
      });
    }

    it('by turns gives everybody the same share', () => {
      const world = new World({ shareStrategy: 'round-robin' });
      const members = groupOf(world, ['a', 'b', 'a']);
      const writer = world.connect('service:writer', { version, listener: 'a' });
      for (const topic of TOPICS) writer.publish(topic, { qos: 1 });
      assert.deepEqual(members.map(countOf), [20, 20, 20]);
    });

    it('by hash gives all messages of a topic to one member, and every member some topics', () => {
      const world = new World({ shareStrategy: 'hash' });
      const members = groupOf(world, ['a', 'a', 'a']);
      const writer = world.connect('service:writer', { version });
      for (let round = 0; round < 3; round++) for (const topic of TOPICS) writer.publish(topic, { qos: 1 });
      const seen = members.map((member) => member.takeMessages().map((message) => message.topic));
      for (const topics of seen) {
        assert.ok(new Set(topics).size > TOPICS.length / 6, `${new Set(topics).size} topics`);
        for (const topic of topics) assert.equal(topics.filter((each) => each === topic).length, 3);
      }
      assert.equal(seen.flat().length, 3 * TOPICS.length);
    });

    it('by hash waits for a busy member and passes by one that is away', () => {
      const world = new World({ shareStrategy: 'hash', limits: { inFlightMax: 1 } });
      const kept = { version, manual: true, cleanStart: false, properties: { sessionExpiryInterval: 60 } };
      const members = ['x', 'y'].map((id) => world.connect(`service:${id}`, kept));
      for (const member of members) member.subscribe('$share/g/t', { qos: 1 });
      const writer = world.connect('service:writer', { version });
      for (let count = 0; count < 5; count++) writer.publish('t', { qos: 1, payload: `${count}` });
      const chosen = members.find((member) => member.takeMessages().length > 0);
      const other = members.find((member) => member !== chosen);
      assert.equal(countOf(other), 0);
      chosen?.drop();
      writer.publish('t', { qos: 1, payload: 'after' });
      // What only waited comes first, then what is new; the one that was sent stays with its session.
      assert.deepEqual(other?.takeTexts(), ['t=1']);
    });

    it('local first takes a member of the listener that the message came by, while one of them can', () => {
      const world = new World({ shareStrategy: 'local-first', limits: { inFlightMax: 3 } });
      const [near, far, alsoNear] = ['near', 'far', 'near'].map((listener, index) => {
        const member = world.connect(`service:m${index}`, { version, listener, manual: true });
        member.subscribe('$share/g/t/#', { qos: 1 });
        return member;
      });
      const writer = world.connect('service:writer', { version, listener: 'near' });
      for (const topic of TOPICS.slice(0, 8)) writer.publish(topic, { qos: 2 });
      assert.deepEqual([near, far, alsoNear].map(countOf), [3, 2, 3]);
    });

    it('local first is by turns for a message that came by no listener with a member', () => {
      const world = new World({ shareStrategy: 'local-first' });
      const members = groupOf(world, ['a', 'b']);
      const writer = world.connect('service:writer', { version, listener: 'elsewhere' });
      for (const topic of TOPICS.slice(0, 4)) writer.publish(topic, { qos: 1 });
      assert.deepEqual(members.map(countOf), [2, 2]);
    });
  });
}

describe('The hash of a topic', () => {
  it('spreads topics that differ in one place', () => {
    const counts = [0, 0, 0, 0];
    for (let index = 0; index < 4000; index++) {
      const at = hashOf(`site/line/${index}/state`) % 4;
      counts[at] = (counts[at] ?? 0) + 1;
    }
    for (const count of counts) assert.ok(count > 800 && count < 1200, `${counts}`);
  });

  it('is one of three ways to choose', () => assert.deepEqual(shareStrategies, ['round-robin', 'hash', 'local-first']));
});

function countOf(member: Client | undefined): number | undefined {
  return member?.takeMessages().length;
}
