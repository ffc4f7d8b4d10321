import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { ClientSecrets, loadClientSecrets, startAgent } from '@keystile/device/agent';
import { SERVER_NAME } from '@keystile/testkit';
import { AgentWorld, heard, mosquitto, mosquittoMissing } from '../support/agent-world.ts';

const skip = mosquittoMissing() ?? false;
const SECRET = `${'x'.repeat(15)}ä`;

let world: AgentWorld;
before(async () => {
  world = await AgentWorld.create({ evidence: true });
});
after(() => world.remove());
beforeEach(() => world.renew());
afterEach(() => world.endTest());

const secrets = new ClientSecrets(new Map([['node-red', SECRET]]));
const listen = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;

describe('the agent on a loopback port', { timeout: 60_000 }, () => {
  it('serves who knows a secret, and keeps it from the broker', async () => {
    const agent = await world.agent({ listen, secrets });
    assert.match(agent.place, /^tcp:127\.0\.0\.1:[1-9]/);
    const client = world.client(agent, { username: 'node-red', password: SECRET });
    await heard(client, 'connect');
    await world.logged(/client 1 'js' of node-red/);
    assert.ok(!JSON.stringify([world.events, world.brokerLog]).includes(SECRET));
  });

  it('serves an unmodified client that knows a secret', { skip }, async () => {
    const agent = await world.agent({ listen, secrets });
    const args = ['-V', '5', '-t', 't/x', '-m', 'x', '-q', '1', '-u', 'node-red', '-P', SECRET];
    assert.deepEqual(await mosquitto('mosquitto_pub', agent.place, args), { code: 0, stdout: '', stderr: '' });
  });

  it('refuses everybody else before the part is asked for anything', async () => {
    const agent = await world.agent({ listen, secrets, watchMs: 60_000 });
    const before = world.part.host.counters.frames;
    const wrong = [
      {},
      { username: 'node-red' },
      { username: 'node-red', password: `${SECRET}x` },
      { username: 'nobody', password: SECRET },
      { username: 'nobody', password: '' },
    ];
    for (const protocolVersion of [5, 4] as const) {
      for (const credentials of wrong) {
        const client = world.client(agent, { protocolVersion, ...credentials });
        const [error] = (await heard(client, 'error')) as [{ code: number }];
        assert.equal(error.code, protocolVersion === 5 ? 0x86 : 4, JSON.stringify(credentials));
      }
    }
    await world.logged(/KS-D130/);
    assert.equal(world.part.host.counters.frames, before);
  });

  it('does not begin without secrets', async () => {
    const { brokerPort: port, part } = world;
    const options = { part: part.host, policy: 'fleet', host: '127.0.0.1', port, serverName: SERVER_NAME } as const;
    const started = startAgent({ ...options, listen, evidence: 'none', log: () => undefined });
    await assert.rejects(started, { code: 'KS-D135' });
  });

  it('says which port is busy', async () => {
    const agent = await world.agent({ listen, secrets });
    const port = Number(agent.place.split(':').at(-1));
    await assert.rejects(world.agent({ listen: { ...listen, port }, secrets }), { code: 'KS-D134' });
  });
});

describe('the file of secrets', { timeout: 60_000 }, () => {
  const written = (content: unknown, mode = 0o600): string => {
    const path = join(world.folder, 'secrets.json');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    chmodSync(path, mode);
    return path;
  };
  const good = { format: 1, clients: { a: SECRET } };

  it('is read when it is whole and private', async () => {
    const loaded = await loadClientSecrets(written(good));
    const password = new TextEncoder().encode(SECRET);
    const connect = { kind: 'connect', version: 4, cleanStart: true, keepAliveSeconds: 0, clientId: '' } as const;
    assert.equal(loaded.check({ ...connect, userName: 'a', password, properties: {} }), 'a');
  });

  it('is refused when others can read it, or it is not what it should be', async () => {
    await assert.rejects(loadClientSecrets(written(good, 0o640)), { code: 'KS-D137' });
    const wrong: readonly unknown[] = [
      '{',
      [],
      { format: 2, clients: { a: SECRET } },
      { format: 1, clients: {} },
      { format: 1, clients: [SECRET] },
      { format: 1, clients: { a: 'short' } },
      { format: 1, clients: { '': SECRET } },
      { format: 1, clients: { a: 1 } },
    ];
    for (const content of wrong) {
      await assert.rejects(loadClientSecrets(written(content)), { code: 'KS-D136' }, JSON.stringify(content));
    }
    await assert.rejects(loadClientSecrets(join(world.folder, 'none.json')), { code: 'KS-D136' });
  });
});
