import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { revocationList } from '@keystile/testkit';
import { metrics } from '../../../src/node/metrics/metrics.ts';
import { connected } from '../../support/mqtt-client.ts';
import { issuersOf, mqttsListener, TestBroker } from '../../support/test-broker.ts';
import { TestFleet } from '../../support/test-fleet.ts';

const HOUR_MS = 3_600_000;
let fleet: TestFleet;
let broker: TestBroker;

before(async () => {
  fleet = await TestFleet.make();
  broker = await TestBroker.prepare(fleet);
  const list = await revocationList(fleet.authorities['device-ca'], {
    revoked: ['0a', '0b'],
    fromMs: Date.now() - HOUR_MS,
    untilMs: Date.now() + HOUR_MS,
  });
  await writeFile(join(broker.folder, 'device.crl'), list);
  const issuers = issuersOf(fleet).replace('roles = ["device"]\n', 'roles = ["device"]\ncrl = "device.crl"\n');
  await broker.run(`${issuers}${mqttsListener()}\n[metrics]\nport = 0\n`);
});

after(async () => {
  await broker.close();
  assert.deepEqual(broker.faults, []);
});

async function ask(path: string, method = 'GET'): Promise<{ status: number; text: string }> {
  const { metrics: where } = broker.running;
  const response = await fetch(`http://${where?.address}:${where?.port}${path}`, { method });
  return { status: response.status, text: await response.text() };
}

/** Value of one sample, as the text has it. */
function sample(text: string, name: string): number | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

describe('The metrics listener', () => {
  it('counts what clients do, and names none of them', async () => {
    const identity = await fleet.client('device', 'ac-1');
    const where = { port: broker.port('mqtts'), fleet, identity };
    const client = await connected(where, { clientId: 'ac-1' });
    await client.publishAsync('ac/ac-1/state', 'x', { qos: 1 });
    await assert.rejects(connected(where, { clientId: 'other' }));
    const { status, text } = await ask('/metrics');
    assert.equal(status, 200);
    const expected = {
      keystile_broker_connections: 1,
      keystile_broker_clients_admitted_total: 1,
      keystile_broker_connections_opened_total: 2,
      keystile_broker_messages_published_total: 1,
      'keystile_broker_packets_received_total{kind="publish"}': 1,
      'keystile_broker_packets_sent_total{kind="puback"}': 1,
      'keystile_broker_packets_sent_total{kind="connack"}': 2,
      'keystile_broker_events_total{event="refused",code="KS-B203"}': 1,
      'keystile_broker_revocation_list_entries{issuer="device-ca"}': 2,
      'keystile_broker_revocation_list_usable{issuer="device-ca"}': 1,
      'keystile_broker_denied{kind="identity"}': 0,
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(sample(text, name), value, name);
    assert.ok((sample(text, 'keystile_broker_certificate_end_timestamp_seconds{listener="devices"}') ?? 0) > 0);
    assert.doesNotMatch(text, /ac-1|urn:keystile/);
    await client.endAsync();
  });

  it('speaks the text format: one HELP and one TYPE for each metric, and numbers only', async () => {
    const { text } = await ask('/metrics');
    const lines = text.trimEnd().split('\n');
    assert.equal(lines.filter((line) => line.startsWith('# HELP ')).length, metrics.length);
    assert.equal(lines.filter((line) => line.startsWith('# TYPE ')).length, metrics.length);
    for (const line of lines.filter((each) => !each.startsWith('#'))) {
      assert.match(line, /^[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?[0-9.e+-]+$/);
    }
  });

  it('says that the broker is alive and ready, and nothing else', async () => {
    assert.deepEqual(await ask('/health'), { status: 200, text: 'alive\n' });
    assert.deepEqual(await ask('/ready'), { status: 200, text: 'ready\n' });
    assert.equal((await ask('/')).status, 404);
    assert.equal((await ask('/metrics', 'POST')).status, 405);
    broker.running.broker.drain(performance.now());
    assert.deepEqual(await ask('/ready'), { status: 503, text: 'the broker drains\n' });
    assert.equal((await ask('/health')).status, 200);
  });
});

const page = new URL('../../../../../docs/reference/metrics.md', import.meta.url);
const dashboard = new URL('../../../dashboards/broker.json', import.meta.url);

describe('The documents about metrics', () => {
  it('docs/reference/metrics.md lists every metric with its type and meaning, and no other', async () => {
    const rows = (await readFile(page, 'utf8')).matchAll(/^\| `(\w+)` +\| (\w+) +\| (.+?) +\|$/gm);
    const listed = Array.from(rows, ([, name, type, help]) => ({ name, type, help }));
    assert.deepEqual(
      listed,
      metrics.map(({ name, type, help }) => ({ name, type, help })),
    );
  });

  it('the dashboard asks for metrics that there are', async () => {
    const text = await readFile(dashboard, 'utf8');
    const { panels } = JSON.parse(text) as { panels: { targets: { expr: string }[] }[] };
    const asked = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    assert.ok(asked.length > 8);
    const names = new Set(metrics.map(({ name }) => name));
    for (const expr of asked) {
      const used = expr.match(/\b(?:keystile_broker|process)_\w+/g) ?? assert.fail(expr);
      for (const name of used) assert.ok(names.has(name), `${name} in ${expr}`);
    }
  });
});
