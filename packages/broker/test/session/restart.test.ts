import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryStore } from '../../src/store/memory-store.ts';
import type { ClientOptions } from '../support/client.ts';
import { versions } from '../support/versions.ts';
import { testRules, World } from '../support/world.ts';

for (const version of versions) {
  const kept: ClientOptions = { version, cleanStart: false, properties: { sessionExpiryInterval: 100 } };
  const limits = { sessionExpiryMaxSeconds: 100 };

  describe(`A broker that starts over a store, version ${version}`, () => {
    it('goes on with subscriptions, queues and what was in flight', () => {
      const store = new MemoryStore();
      const before = new World({ store, limits });
      const reader = before.connect('service:reader', { ...kept, manual: true });
      reader.subscribe('t', { qos: 1 });
      before.connect('service:writer', { version }).publish('t', { qos: 1, payload: 'in flight' });
      reader.drop();
      before.connect('service:writer', { version }).publish('t', { qos: 1, payload: 'queued' });
      const after = new World({ store, limits });
      after.connect('service:writer', { version }).publish('t', { qos: 1, payload: 'new' });
      const back = after.connect('service:reader', kept);
      assert.equal(back.connack?.sessionPresent, true);
      assert.deepEqual(back.takeTexts(), ['t=in flight', 't=queued', 't=new']);
    });

    it('keeps QoS 2 exactly once for a message that it held', () => {
      const store = new MemoryStore();
      const before = new World({ store, limits });
      before.connect('service:reader', kept).subscribe('t', { qos: 2 });
      before.connect('service:writer', { ...kept, manual: true }).publish('t', { qos: 2, packetId: 1, payload: 'x' });
      const after = new World({ store, limits });
      const writer = after.connect('service:writer', { ...kept, manual: true });
      writer.publish('t', { qos: 2, packetId: 1, payload: 'x', dup: true });
      writer.acknowledge('pubrel', 1);
      writer.acknowledge('pubrel', 1);
      assert.deepEqual(after.connect('service:reader', kept).takeTexts(), ['t=x']);
    });

    it('forgets sessions that were to end with their connection', () => {
      const store = new MemoryStore();
      const before = new World({ store, limits });
      before.connect('service:a', { version }).subscribe('t', { qos: 1 });
      const after = new World({ store, limits });
      assert.equal([...store.sessions.all()].length, 0);
      assert.equal(after.connect('service:a', kept).connack?.sessionPresent, false);
    });

    it('counts the time of sessions that were connected from its start', () => {
      const store = new MemoryStore();
      const before = new World({ store, limits });
      before.connect('service:a', kept);
      before.connect('service:b', kept);
      const after = new World({ store, limits });
      after.advance(99_000);
      assert.equal(after.connect('service:a', kept).connack?.sessionPresent, true);
      after.advance(3000);
      assert.equal(after.connect('service:b', kept).connack?.sessionPresent, false);
    });

    it('applies the rules of today to what was stored under others', () => {
      const store = new MemoryStore();
      const before = new World({ store, limits });
      const reader = before.connect('device:a', kept);
      reader.subscribe('ac/a/set/#', { qos: 1 });
      reader.drop();
      const writer = before.connect('service:writer', { version });
      writer.publish('ac/a/set/x', { qos: 1, payload: 'queued' });
      const rules = testRules.filter((rule) => !rule.roles.includes('device'));
      const after = new World({ store, limits, rules });
      after.connect('service:writer', { version }).publish('ac/a/set/x', { qos: 1, payload: 'new' });
      assert.deepEqual(after.connect('device:a', kept).takeTexts(), []);
    });
  });
}
