import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publishSystemTopics } from '../../src/node/system-topics.ts';
import { World } from '../support/world.ts';

test('the numbers of the broker go to whoever the rules let subscribe, and to nobody else', () => {
  const world = new World({
    rules: [
      { roles: ['operator'], action: 'subscribe', topic: '$SYS/#', effect: 'allow' },
      { roles: ['device'], action: 'subscribe', topic: '#', effect: 'allow' },
    ],
  });
  const operator = world.connect('operator:o');
  const device = world.connect('device:d');
  assert.deepEqual(operator.subscribe('$SYS/broker/#').codes, [0]);
  assert.deepEqual(device.subscribeAll(['#', '$SYS/broker/uptime']).codes, [0, 0x87]);
  publishSystemTopics(world.broker, { nowMs: world.nowMs, startedAtMs: world.nowMs - 5000 });
  world.flush();
  const texts = operator.takeTexts();
  for (const each of ['$SYS/broker/uptime=5', '$SYS/broker/clients/connected=2', '$SYS/broker/retained/count=0']) {
    assert.ok(texts.includes(each), `${each} is not among ${texts}`);
  }
  assert.deepEqual(device.takeTexts(), []);
  assert.equal(world.store.retained.count, 0);
});
