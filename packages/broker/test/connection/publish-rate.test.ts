import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Reason } from '@keystile/mqtt';
import { PublishRate } from '../../src/connection/publish-rate.ts';
import { defaultLimits } from '../../src/limits.ts';
import { versions } from '../support/versions.ts';
import { World } from '../support/world.ts';

const perSecond = 10;

describe('The rate of a client', () => {
  it('is not counted where nothing bounds it', () => {
    assert.equal(PublishRate.of(defaultLimits), undefined);
  });

  it('is bounded in bytes alone just as well as in packets', () => {
    const rate = PublishRate.of({ ...defaultLimits, publishBytesPerSecondMax: 1000 }) ?? assert.fail();
    for (let count = 0; count < 100; count++) rate.take(10, 0);
    assert.equal(rate.restMs(0), 0);
    rate.take(500, 0);
    assert.deepEqual([rate.restMs(0), rate.restMs(499), rate.restMs(500)], [500, 1, 0]);
  });
});

for (const version of versions) {
  describe(`A client that publishes too fast, version ${version}`, () => {
    it('is to be read later, and nothing that it sent is lost', () => {
      const world = new World({ limits: { publishesPerSecondMax: perSecond } });
      const reader = world.connect('service:reader', { version });
      reader.subscribe('t');
      const writer = world.connect('service:writer', { version, keepAliveSeconds: 1 });
      for (let count = 0; count < perSecond; count++) writer.publish('t', { payload: `${count}` });
      assert.equal(writer.connection.restMs(world.nowMs), 0);
      for (let count = 0; count < 5 * perSecond; count++) writer.publish('t', { payload: 'more' });
      assert.equal(writer.connection.restMs(world.nowMs), 5000);
      assert.equal(reader.connection.restMs(world.nowMs), 0);
      assert.equal(reader.takeMessages().length, 6 * perSecond);
      // It was not read from, so it cannot be overdue before one and a half intervals after that.
      world.advance(6000);
      assert.equal(writer.isClosed, false);
      assert.equal(writer.connection.restMs(world.nowMs), 0);
      world.advance(1000);
      assert.equal(writer.isClosed, true);
    });

    it('and is to be refused is told so, and what it was refused does not arrive', () => {
      const world = new World({ limits: { publishesPerSecondMax: perSecond, publishExcess: 'refuse' } });
      const reader = world.connect('service:reader', { version });
      reader.subscribe('t', { qos: 1 });
      const writer = world.connect('service:writer', { version });
      let refused = 0;
      for (let count = 0; count < 3 * perSecond && !writer.isClosed; count++) {
        const answer = writer.publish('t', { qos: 1 });
        if (answer?.kind === 'puback' && answer.reason === Reason.quotaExceeded) refused += 1;
      }
      const delivered = reader.takeMessages().length;
      assert.ok(delivered >= perSecond && delivered <= perSecond + 1, `${delivered} delivered`);
      if (version === 5) {
        assert.equal(refused, 3 * perSecond - delivered);
        assert.ok(world.events.some((event) => event.code === 'KS-B370'));
        world.advance(1000);
        assert.equal(writer.publish('t', { qos: 2 })?.kind, 'pubcomp');
      } else {
        assert.equal(writer.isClosed, true);
        assert.ok(world.events.some((event) => event.code === 'KS-B371'));
      }
    });
  });
}

describe('A client that publishes too fast at QoS 0', () => {
  it('and is to be refused is sent away with 0x96', () => {
    const world = new World({ limits: { publishesPerSecondMax: perSecond, publishExcess: 'refuse' } });
    const writer = world.connect('service:writer');
    for (let count = 0; count < 2 * perSecond && !writer.isClosed; count++) writer.publish('t');
    assert.equal(writer.takeDisconnect(), Reason.messageRateTooHigh);
    assert.ok(world.events.some((event) => event.code === 'KS-B371'));
  });
});
