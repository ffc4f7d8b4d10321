import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { versions } from '../support/versions.ts';
import { World } from '../support/world.ts';

for (const version of versions) {
  describe(`Shared subscriptions, version ${version}`, () => {
    it('give each message to one member, in turn', () => {
      const world = new World();
      const members = ['a', 'b', 'c'].map((id) => world.connect(`service:${id}`, { version }));
      for (const member of members) member.subscribe('$share/g/t/#', { qos: 1 });
      const writer = world.connect('service:writer', { version });
      for (let count = 0; count < 9; count++) writer.publish(`t/${count}`, { qos: 1 });
      const counts = members.map((member) => member.takeMessages().length);
      assert.deepEqual(counts, [3, 3, 3]);
    });

    it('serve every group and every ordinary subscription apart', () => {
      const world = new World();
      const [a, b, c] = ['a', 'b', 'c'].map((id) => world.connect(`service:${id}`, { version }));
      a?.subscribe('$share/one/t');
      b?.subscribe('$share/two/t');
      c?.subscribe('t');
      world.connect('service:writer', { version }).publish('t');
      assert.deepEqual(
        [a, b, c].map((client) => client?.takeMessages().length),
        [1, 1, 1],
      );
    });

    it('pass by a member whose window is full', () => {
      const world = new World({ limits: { inFlightMax: 1 } });
      const stuck = world.connect('service:stuck', { version, manual: true });
      const free = world.connect('service:free', { version });
      for (const member of [stuck, free]) member.subscribe('$share/g/t', { qos: 1 });
      const writer = world.connect('service:writer', { version });
      for (let count = 0; count < 5; count++) writer.publish('t', { qos: 1 });
      assert.equal(stuck.takeMessages().length, 1);
      assert.equal(free.takeMessages().length, 4);
    });

    it('lose no QoS 0 message to a member that is away while another is there', () => {
      const world = new World({ limits: { inFlightMax: 1 } });
      const kept = { version, cleanStart: false, manual: true, properties: { sessionExpiryInterval: 60 } };
      const away = world.connect('service:away', kept);
      const there = world.connect('service:there', { version, manual: true });
      for (const member of [away, there]) member.subscribe('$share/g/t', { qos: 1 });
      away.drop();
      const writer = world.connect('service:writer', { version });
      writer.publish('t', { qos: 1 });
      for (let count = 0; count < 4; count++) writer.publish('t', { qos: 0 });
      assert.equal(there.takeMessages().length, 5);
    });

    it('queue for a member that is away when nobody else is there', () => {
      const world = new World();
      const kept = { version, cleanStart: false, properties: { sessionExpiryInterval: 60 } };
      const away = world.connect('service:away', kept);
      away.subscribe('$share/g/t', { qos: 1 });
      away.drop();
      world.connect('service:writer', { version }).publish('t', { qos: 1, payload: 'x' });
      assert.deepEqual(world.connect('service:away', kept).takeTexts(), ['t=x']);
    });

    it('bring no retained messages', () => {
      const world = new World();
      world.connect('service:writer', { version }).publish('t', { retain: true, payload: 'x' });
      const reader = world.connect('service:reader', { version });
      reader.subscribe('$share/g/t');
      assert.deepEqual(reader.takeMessages(), []);
    });

    it('give a message that one member may not read to another', () => {
      const world = new World({
        rules: [
          { roles: ['service'], action: 'publish', topic: '#', effect: 'allow' },
          { roles: ['service', 'operator'], action: 'subscribe', topic: 't/#', effect: 'allow' },
          { roles: ['operator'], action: 'subscribe', topic: 't/secret', effect: 'deny' },
        ],
      });
      const barred = world.connect('operator:barred', { version });
      const free = world.connect('service:free', { version });
      for (const member of [barred, free]) member.subscribe('$share/g/t/#');
      const writer = world.connect('service:writer', { version });
      for (let count = 0; count < 4; count++) writer.publish('t/secret');
      assert.equal(barred.takeMessages().length, 0);
      assert.equal(free.takeMessages().length, 4);
    });
  });
}
