import assert from 'node:assert/strict';
import { test } from 'node:test';
import { issuersOf, mqttsListener, TestBroker } from '../../support/test-broker.ts';
import { TestFleet } from '../../support/test-fleet.ts';

const skip = process.platform === 'linux' ? false : 'this system does not spread connections over listeners';

test('with reuse_port several brokers share a port, and without it the second is refused', { skip }, async () => {
  const fleet = await TestFleet.make();
  const first = await TestBroker.start(fleet, mqttsListener('reuse_port = true'));
  const at = (more: string): string => mqttsListener(more).replace('port = 0', `port = ${first.port('mqtts')}`);
  const second = await TestBroker.start(fleet, at('reuse_port = true'));
  assert.equal(second.port('mqtts'), first.port('mqtts'));
  const third = await TestBroker.prepare(fleet);
  await assert.rejects(third.run(issuersOf(fleet) + at('')), { code: 'KS-B103' });
  await first.close();
  await second.close();
});
