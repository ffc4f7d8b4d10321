import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { saveHostPairing } from '@keystile/device';
import { ProcessPart, SERVER_NAME } from '@keystile/testkit';
import { AgentWorld, heard } from './support/agent-world.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const [, snippet = ''] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];

let part: ProcessPart;
let world: AgentWorld;
before(async () => {
  part = await ProcessPart.start();
  world = await AgentWorld.create({ evidence: true, other: part });
  await world.fleet.boot(part.host);
});
after(async () => {
  await world.endTest();
  await part.remove();
  await world.remove();
});

describe('the example of the README', { timeout: 60_000 }, () => {
  it('is ten lines at most', () => {
    const lines = snippet.split('\n').filter((line) => line.trim() !== '');
    assert.ok(lines.length > 3 && lines.length <= 10, `${lines.length} lines`);
  });

  it('publishes to a broker that demands evidence, from a process without a key', async () => {
    const pairingFile = join(part.folder, 'host-pairing.json');
    await saveHostPairing(pairingFile, part.pairing);
    const code = [
      ['host-pairing.json', pairingFile],
      ['bus.sock', part.busPath],
      ["host: 'broker.example'", "host: '127.0.0.1'"],
      ['8883', String(world.brokerPort)],
      ["serverName: 'broker.example'", `serverName: '${SERVER_NAME}'`],
      ['ac-7f3a09', world.deviceId],
    ].reduce((source, [from = '', to = '']) => {
      assert.ok(source.includes(from), from);
      return source.replace(from, to);
    }, snippet);
    const application = await world.application();
    await application.subscribeAsync('t/readme', { qos: 1 });
    const message = heard(application, 'message');
    const then =
      "\nawait client.publishAsync('t/readme', 'hello', { qos: 1 });\nawait client.endAsync();\nchip.close();\n";
    const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', code + then], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 20_000,
    });
    const [stderr, [exit]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    assert.deepEqual([exit, stderr], [0, '']);
    assert.equal(String((await message)[1]), 'hello');
  });
});
