import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { parseConfiguration, startBroker } from '@keystile/broker/node';
import mqtt from 'mqtt';
import { run, start } from '../keystile.ts';
import { scratchFolder } from '../scratch.ts';

const identity = 'urn:keystile:home:application:tests';
const configuration = `[[listener]]
name = "plain"
kind = "insecure"
port = 0
identity = "${identity}"
client_ids = "any"

[[rule]]
roles = ["application"]
action = "publish"
effect = "allow"
topics = ["room/#"]

[control]
path = "control.sock"
`;

async function brokerFor(t: TestContext): Promise<{ port: number; socket: string }> {
  const folder = await scratchFolder(t);
  const running = await startBroker({
    configuration: parseConfiguration(configuration, 'test.toml'),
    folder,
    insecureListeners: true,
    log: { event: () => undefined, fault: (code) => assert.fail(code) },
    now: () => Math.floor(performance.now()),
    utcNow: Date.now,
  });
  t.after(() => running.close());
  return { port: running.listeners[0]?.port ?? assert.fail(), socket: join(folder, 'control.sock') };
}

test('broker trace shows the packets of an identity, and ends after the lines that were asked for', async (t) => {
  const { port, socket } = await brokerFor(t);
  const child = start(['broker', 'trace', '--identity', identity, '--socket', socket, '-C', '4']);
  if (child.stdout === null || child.stderr === null) throw new TypeError('no pipes');
  const shown = text(child.stdout);
  const [said] = (await once(createInterface({ input: child.stderr }), 'line')) as [string];
  assert.match(said, /Watching urn:keystile:home:application:tests/);
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: 'one', protocolVersion: 5 });
  await client.publishAsync('room/light', 'PLANTED', { qos: 1 });
  const [code] = (await once(child, 'exit')) as [number | null];
  assert.equal(code, 0);
  const lines = (await shown).trimEnd().split('\n');
  assert.equal(lines.length, 4);
  assert.match(lines[0] ?? '', /--> CONNECT bytes=\d+ clientId=one version=5/);
  assert.match(lines[1] ?? '', /<-- CONNACK bytes=\d+ code=0/);
  assert.match(lines[2] ?? '', /--> PUBLISH bytes=\d+ topic=room\/light qos=1 .*payloadBytes=7/);
  assert.match(lines[3] ?? '', /<-- PUBACK bytes=\d+ packetId=\d+ reason=16/);
  assert.doesNotMatch(lines.join('\n'), /PLANTED/);
  await client.endAsync();
});

test('broker trace says why it cannot watch', async (t) => {
  const { socket } = await brokerFor(t);
  const wrong = await run(['broker', 'trace', '--identity', 'somebody', '--socket', socket, '--json']);
  assert.equal(wrong.code, 3);
  assert.partialDeepStrictEqual(JSON.parse(wrong.stdout), { code: 'KS-U140' });
  assert.match(JSON.parse(wrong.stdout).cause, /KS-B349/);
  const absent = await run(['broker', 'trace', '--identity', identity, '--socket', `${socket}.absent`, '--json']);
  assert.partialDeepStrictEqual(JSON.parse(absent.stdout), { code: 'KS-U140' });
  const count = await run(['broker', 'trace', '--identity', identity, '--socket', socket, '-C', 'many']);
  assert.equal(count.code, 2);
});
