import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { run } from '../keystile.ts';
import { scratchFolder } from '../scratch.ts';

const plain = `[[listener]]
name = "plain"
kind = "insecure"
port = 0
identity = "urn:keystile:home:application:tests"
`;
const rules = `
[[rule]]
roles = ["application"]
action = "subscribe"
effect = "allow"
topics = ["room/%i/#"]

[[rule]]
roles = ["application"]
action = "subscribe"
effect = "deny"
topics = ["room/+/secret"]
`;

async function configuration(t: TestContext, text: string): Promise<string> {
  const file = join(await scratchFolder(t), 'broker.toml');
  await writeFile(file, text);
  return file;
}

test('check-config says what is configured, and what is wrong with the line of it', async (t) => {
  const good = await run(['broker', 'check-config', await configuration(t, plain + rules), '--json']);
  assert.equal(good.code, 0, good.stdout);
  const listeners = [{ name: 'plain', kind: 'insecure', at: '127.0.0.1:0' }];
  assert.deepEqual(JSON.parse(good.stdout), { ok: true, listeners, issuers: [], rules: 2 });
  const unknown = await run(['broker', 'check-config', await configuration(t, `${plain}colour = "red"\n`)]);
  assert.match(unknown.stderr, /KS-B100: .*broker.toml:6: listener.0.colour: is not a key/);
  const certificate = 'certificate = "nothing.pem"\nkey = "nothing.pem"\nclient_anchors = "nothing.pem"\n';
  const mqtts = `[[listener]]\nname = "devices"\nkind = "mqtts"\nport = 0\n${certificate}`;
  const missing = await run(['broker', 'check-config', await configuration(t, mqtts)]);
  assert.match(missing.stderr, /KS-B102: .*nothing.pem/);
});

test('rules explain names the deciding rule, with the identity put in', async (t) => {
  const config = await configuration(t, plain + rules);
  const ask = (...question: string[]) => run(['rules', 'explain', ...question, '--config', config]);
  const me = 'urn:keystile:home:application:me';
  assert.match(
    (await ask(me, 'subscribe', 'room/me/temperature')).stdout,
    /^allowed: allow application to subscribe to room\/%i\/#/,
  );
  assert.match(
    (await ask(me, 'subscribe', 'room/me/secret')).stdout,
    /^denied: deny application to subscribe to room\/\+\/secret/,
  );
  assert.match((await ask(me, 'subscribe', 'room/you/temperature')).stdout, /^denied: no rule allows it/);
  const json = await run(['rules', 'explain', me, 'publish', 'room/me/x', '--config', config, '--json']);
  assert.deepEqual(JSON.parse(json.stdout), {
    identity: me,
    action: 'publish',
    topic: 'room/me/x',
    allowed: false,
    rule: null,
  });
});

test('what is no identity and what is no topic is a coded error', async (t) => {
  const config = await configuration(t, plain);
  const ask = (...question: string[]) => run(['rules', 'explain', ...question, '--config', config]);
  assert.match((await ask('me', 'publish', 'x')).stderr, /KS-U127/);
  assert.match((await ask('urn:keystile:home:device:a', 'publish', 'a/#')).stderr, /KS-U127/);
  assert.match((await ask('urn:keystile:home:device:a', 'read', 'a')).stderr, /KS-U100/);
});
