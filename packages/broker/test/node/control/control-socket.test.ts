import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ControlClient } from '../../support/control-client.ts';
import { connected, nextMessage } from '../../support/mqtt-client.ts';
import { mqttsListener, rulesFor, TestBroker } from '../../support/test-broker.ts';
import { TestFleet } from '../../support/test-fleet.ts';
import { until } from '../../support/until.ts';

const identity = 'urn:keystile:home:device:ac-1';
let fleet: TestFleet;
let broker: TestBroker;
let control: ControlClient;

before(async () => {
  fleet = await TestFleet.make();
  broker = await TestBroker.start(
    fleet,
    `${mqttsListener()}${rulesFor(['device'], '#')}\n[control]\npath = "control.sock"\n`,
  );
  control = await ControlClient.open(join(broker.folder, 'control.sock'));
});

after(async () => {
  control.close();
  await broker.close();
  assert.deepEqual(broker.faults, []);
});

describe('The control socket', () => {
  it('is open to its owner alone', async () => {
    assert.equal((await stat(join(broker.folder, 'control.sock'))).mode & 0o777, 0o600);
  });

  it('answers what it does not understand with a code, and goes on', async () => {
    for (const request of [
      'no JSON',
      '{"op":"format"}',
      '{"op":"revoke"}',
      '{"op":"revoke","identity":"urn:keystile:home:device:+"}',
      '{"op":"revoke","serial":"xyz"}',
      '{"op":"status","more":1}',
    ]) {
      assert.partialDeepStrictEqual(await control.ask(request), { ok: false, code: 'KS-B349' }, request);
    }
    assert.partialDeepStrictEqual(await control.ask({ op: 'status' }), { ok: true, connections: 0, draining: false });
    assert.deepEqual(await control.ask({ op: 'reload' }), { ok: true, ended: 0 });
  });

  it('does not collect a line without an end', async () => {
    const client = await ControlClient.open(join(broker.folder, 'control.sock'));
    assert.partialDeepStrictEqual(await client.ask('x'.repeat(100_000).concat('')), { ok: false, code: 'KS-B349' });
  });

  it('shows the packets of an identity, and never what they carry', async () => {
    assert.deepEqual(await control.ask({ op: 'trace', identity }), { ok: true });
    assert.partialDeepStrictEqual(await control.ask({ op: 'trace', identity }), { ok: false, code: 'KS-B349' });
    const device = await fleet.client('device', 'ac-1');
    const client = await connected({ port: broker.port('mqtts'), fleet, identity: device }, { clientId: 'ac-1' });
    await client.subscribeAsync('t/#', { qos: 1 });
    const message = nextMessage(client);
    const properties = { userProperties: { planted: 'SECRET-PROPERTY' }, correlationData: Buffer.from('SECRET-DATA') };
    await client.publishAsync('t/x', 'SECRET-PAYLOAD', { qos: 1, properties });
    await message;
    await client.endAsync();
    const lines: Readonly<Record<string, unknown>>[] = [];
    while (lines.at(-1)?.kind !== 'ended') lines.push(await control.next());
    const shown = lines.map(({ direction, kind }) => `${direction} ${kind}`);
    for (const each of ['in connect', 'out connack', 'in subscribe', 'out suback', 'in publish', 'out publish']) {
      assert.ok(shown.includes(each), `${each} is not among ${shown}`);
    }
    const received = lines.find(({ direction, kind }) => direction === 'in' && kind === 'publish');
    assert.partialDeepStrictEqual(received, { topic: 't/x', qos: 1, payloadBytes: 14 });
    const sent = lines.find(({ direction, kind }) => direction === 'out' && kind === 'publish');
    assert.partialDeepStrictEqual(sent, { topic: 't/x', qos: 1, retain: false, bytes: received?.bytes });
    assert.doesNotMatch(JSON.stringify(lines), /SECRET/);
  });

  it('ends a trace with the connection of whoever watches', async () => {
    const { tracing } = broker.running.broker;
    assert.ok(tracing.isOn);
    control.close();
    await until(
      () => !tracing.isOn,
      () => 'the trace goes on',
    );
    control = await ControlClient.open(join(broker.folder, 'control.sock'));
  });
});
