import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OUTBOX_BYTES_MAX, RETAINED_STEPS_MAX } from '../../src/limits.ts';
import type { ClientOptions } from '../support/client.ts';
import { versions } from '../support/versions.ts';
import { World } from '../support/world.ts';

for (const version of versions) {
  describe(`A subscriber that does not read, version ${version}`, () => {
    it('costs no more than its queue, and its neighbours nothing', () => {
      const world = new World({ limits: { queuedMessagesMax: 100 } });
      const slow = world.connect('service:slow', { version });
      const quick = world.connect('service:quick', { version });
      for (const reader of [slow, quick]) reader.subscribe('t');
      slow.stall();
      const writer = world.connect('service:writer', { version });
      for (let count = 0; count < 5000; count++) writer.publish('t', { payload: 'x'.repeat(1000) });
      assert.equal(quick.takeMessages().length, 5000);
      assert.ok(slow.waitingBytes < 2000, `${slow.waitingBytes} bytes were written to a full transport`);
      slow.resume();
      assert.equal(slow.takeMessages().length, 101);
    });

    it('loses QoS 0 first, then new messages, and the loss is reported', () => {
      const world = new World({ limits: { queuedMessagesMax: 4 } });
      const slow = world.connect('service:slow', { version });
      slow.subscribe('t', { qos: 1 });
      slow.stall();
      const writer = world.connect('service:writer', { version });
      // The first fills the transport.
      writer.publish('t', { payload: 'first' });
      for (const payload of ['a0', 'b0']) writer.publish('t', { payload });
      for (const payload of ['c1', 'd1', 'e1', 'f1', 'g1']) writer.publish('t', { payload, qos: 1 });
      slow.resume();
      assert.deepEqual(slow.takeTexts(), ['t=first', 't=c1', 't=d1', 't=e1', 't=f1']);
      world.advance(1000);
      const dropped = world.events.filter((event) => event.code === 'KS-B115');
      assert.match(dropped[0]?.sentence ?? '', /^3 messages dropped/);
      world.advance(10_000);
      assert.equal(world.events.filter((event) => event.code === 'KS-B115').length, 1);
    });

    it('is not overdue while nothing is read from it, and is soon after', () => {
      const world = new World();
      const slow = world.connect('service:slow', { version, keepAliveSeconds: 10 });
      slow.subscribe('t');
      slow.stall();
      world.connect('service:writer', { version }).publish('t');
      world.advance(20_000);
      assert.equal(slow.isClosed, false);
      slow.resume();
      world.advance(14_000);
      assert.equal(slow.isClosed, false);
      world.advance(1000);
      assert.equal(slow.isClosed, true);
    });

    it('gets QoS 0 in the order of publication across the jam', () => {
      const world = new World();
      const slow = world.connect('service:slow', { version });
      slow.subscribe('t');
      const writer = world.connect('service:writer', { version });
      for (let count = 0; count < 60; count++) {
        if (count % 20 === 5) slow.stall();
        if (count % 20 === 15) slow.resume();
        writer.publish('t', { payload: `${count}` });
      }
      const order = Array.from({ length: 60 }, (_, count) => `t=${count}`);
      assert.deepEqual(slow.takeTexts(), order);
    });
  });
}

describe('What one turn produces for one client', () => {
  it('is bounded, and the rest follows in the turns after it', () => {
    const world = new World();
    const writer = world.connect('service:writer');
    const payload = 'x'.repeat(100_000);
    for (let count = 0; count < 100; count++) writer.publish(`t/${count}`, { retain: true, payload });
    const reader = world.connect('service:reader');
    reader.stall();
    reader.requestSubscription(['t/#']);
    // One full outbox went to the transport before it could say that it is full.
    assert.ok(reader.waitingBytes < OUTBOX_BYTES_MAX + 2 * payload.length, `${reader.waitingBytes} bytes`);
    reader.resume();
    assert.equal(reader.takeMessages().length, 100);
  });

  it('does not include a whole walk over many retained messages that match nothing', () => {
    const world = new World();
    const writer = world.connect('service:writer');
    for (let count = 0; count < 6000; count++) writer.publish(`t/${count}`, { retain: true, payload: 'x' });
    const reader = world.connect('service:reader');
    const filters = Array.from({ length: 50 }, (_, count) => `+/+/none${count}`);
    const turns = world.turnsOf(() => reader.subscribeAll(filters));
    assert.ok(turns > (50 * 6000) / RETAINED_STEPS_MAX, `${turns} turns`);
    assert.deepEqual(reader.takeMessages(), []);
  });
});

describe('A queue full of expired messages', () => {
  it('has room for a new one', () => {
    const world = new World({ limits: { queuedMessagesMax: 3 } });
    const kept: ClientOptions = { cleanStart: false, properties: { sessionExpiryInterval: 3600 } };
    const away = world.connect('service:away', kept);
    away.subscribe('t', { qos: 1 });
    away.drop();
    const writer = world.connect('service:writer');
    for (const payload of ['1', '2', '3']) {
      writer.publish('t', { qos: 1, payload, properties: { messageExpiryInterval: 1 } });
    }
    world.advance(2000);
    writer.publish('t', { qos: 1, payload: 'new' });
    assert.deepEqual(world.connect('service:away', kept).takeTexts(), ['t=new']);
  });
});

describe('User properties', () => {
  it('weigh in the queue like any other bytes', () => {
    const world = new World({ limits: { queuedBytesMax: 50_000 } });
    const kept: ClientOptions = { cleanStart: false, properties: { sessionExpiryInterval: 3600 } };
    const away = world.connect('service:away', kept);
    away.subscribe('t', { qos: 1 });
    away.drop();
    const writer = world.connect('service:writer');
    const userProperties = Array.from({ length: 10 }, () => ['name', 'v'.repeat(1000)] as const);
    for (let count = 0; count < 20; count++) writer.publish('t', { qos: 1, properties: { userProperties } });
    assert.equal(world.connect('service:away', kept).takeMessages().length, 4);
  });
});
