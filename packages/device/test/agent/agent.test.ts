import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { commands } from '@keystile/link';
import { AgentWorld, heard, mosquitto, mosquittoMissing } from '../support/agent-world.ts';

const skip = mosquittoMissing() ?? false;

let world: AgentWorld;
before(async () => {
  world = await AgentWorld.create({ evidence: true });
});
after(() => world.remove());
beforeEach(() => world.renew());
afterEach(() => world.endTest());

describe("Mosquitto's clients through the agent, to a broker that demands evidence", { timeout: 60_000 }, () => {
  it('publish over the Unix socket', { skip }, async () => {
    const agent = await world.agent();
    const application = await world.application();
    await application.subscribeAsync('t/x', { qos: 1 });
    const message = heard(application, 'message');
    const args = ['-V', '5', '-t', 't/x', '-m', 'from the device', '-q', '1', '-i', 'sensor'];
    const { code, stderr } = await mosquitto('mosquitto_pub', agent.place, args);
    assert.deepEqual([code, stderr], [0, ''], JSON.stringify(world.events));
    assert.equal(String((await message)[1]), 'from the device');
  });

  it('subscribe, and ask and answer', { skip }, async () => {
    const agent = await world.agent();
    const application = await world.application();
    const subscriber = mosquitto('mosquitto_sub', agent.place, ['-V', '5', '-t', 't/down', '-C', '2', '-q', '1']);
    // Its output is buffered, so nothing says when it has subscribed.
    const publishing = setInterval(() => application.publish('t/down', 'down', { qos: 1 }), 50);
    const { code, stdout } = await subscriber;
    clearInterval(publishing);
    assert.deepEqual([code, stdout], [0, 'down\ndown\n']);
    await application.subscribeAsync('t/ask', { qos: 1 });
    application.on('message', (_topic, payload, { properties }) => {
      if (properties?.responseTopic === undefined) return;
      void application.publishAsync(properties.responseTopic, `answer to ${String(payload)}`, { qos: 1 });
    });
    const asked = await mosquitto('mosquitto_rr', agent.place, [
      '-V',
      '5',
      '-t',
      't/ask',
      '-e',
      't/answer',
      '-m',
      'q',
      '-q',
      '1',
    ]);
    assert.deepEqual([asked.code, asked.stdout.trim()], [0, 'answer to q']);
  });

  it('of MQTT 3.1.1 are told that they are not authorized, and the log says why', { skip }, async () => {
    for (const evidence of ['demanded', 'offered'] as const) {
      const agent = await world.agent({ evidence });
      const { code, stderr } = await mosquitto('mosquitto_pub', agent.place, [
        '-V',
        'mqttv311',
        '-t',
        't/x',
        '-m',
        'x',
        '-q',
        '1',
      ]);
      assert.notEqual(code, 0);
      assert.match(stderr, /not authori[sz]ed/i);
      await world.logged(/KS-D132/);
      world.events.length = 0;
    }
  });
});

describe('the agent and the part', { timeout: 60_000 }, () => {
  it('hides the evidence from the client, and puts its client id below the device', async () => {
    const agent = await world.agent();
    const client = world.client(agent);
    const [connack] = (await heard(client, 'connect')) as [{ properties?: { authenticationMethod?: string } }];
    assert.equal(connack.properties?.authenticationMethod, undefined);
    assert.ok(JSON.stringify(world.brokerLog).includes(`${world.deviceId}/js`));
  });

  it('serves several clients at once, and tells one more that the sessions are used up', async () => {
    const agent = await world.agent();
    const clients = ['a', 'b', 'c'].map((clientId) => world.client(agent, { clientId }));
    await Promise.all(clients.map((client) => heard(client, 'connect')));
    const refused = world.client(agent, { clientId: 'd' });
    const [error] = (await heard(refused, 'error')) as [{ code: number }];
    assert.equal(error.code, 0x97);
    const { level, client } = await world.logged(/KS-C167/);
    assert.deepEqual([level, client], ['warn', "client 4 'd'"]);
    await clients[0]?.endAsync();
    while (agent.clients > 2) await new Promise((resolve) => setTimeout(resolve, 10));
    await heard(world.client(agent, { clientId: 'e' }), 'connect');
  });

  it('says that the server is unavailable before the device has booted', async () => {
    world.part.powerCycle();
    const agent = await world.agent();
    for (const [protocolVersion, code] of [
      [5, 0x88],
      [4, 3],
    ] as const) {
      const [error] = (await heard(world.client(agent, { protocolVersion }), 'error')) as [{ code: number }];
      assert.equal(error.code, code);
    }
    await world.logged(/"part".*KS-D131: its boot is/);
    await world.fleet.boot(world.part.host);
    await heard(world.client(agent), 'connect');
    await world.logged(/ready again/);
  });

  it('ends its clients, quiet ones too, when the part is tampered with or reset', async () => {
    const agent = await world.agent();
    const client = world.client(agent);
    await heard(client, 'connect');
    const farewell = heard(client, 'disconnect');
    world.part.chip.assertResetLine();
    await world.fleet.boot(world.part.host);
    const [{ reasonCode, properties }] = (await farewell) as [
      { reasonCode: number; properties?: { reasonString?: string } },
    ];
    assert.equal(reasonCode, 0x83);
    assert.match(properties?.reasonString ?? '', /KS-D141/);
    const second = world.client(agent);
    await heard(second, 'connect');
    const ended = heard(second, 'disconnect');
    await world.part.tamper();
    const [last] = (await ended) as [{ properties?: { reasonString?: string } }];
    // A client that was quicker than the watch is told of the reset before.
    assert.match(last.properties?.reasonString ?? '', /KS-D131|KS-D141|KS-C/);
    const [error] = (await heard(world.client(agent), 'error')) as [{ code: number }];
    assert.equal(error.code, 0x88);
  });

  it("has the broker publish a client's will when the client dies, and not when it says goodbye", async () => {
    const agent = await world.agent();
    const application = await world.application();
    await application.subscribeAsync('t/will', { qos: 1 });
    const wills: string[] = [];
    application.on('message', (_topic, payload) => wills.push(String(payload)));
    for (const [payload, dies] of [
      ['dead', true],
      ['polite', false],
      ['dead too', true],
    ] as const) {
      const client = world.client(agent, {
        clientId: `w-${payload}`,
        will: { topic: 't/will', payload: Buffer.from(payload), qos: 1, retain: false },
      });
      await heard(client, 'connect');
      if (dies) client.stream.destroy();
      else await client.endAsync();
      while (agent.clients > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    while (wills.length < 2) await heard(application, 'message');
    assert.deepEqual(wills, ['dead', 'dead too']);
  });

  it('has its sessions back whenever a client goes away, in the middle of the handshake too', async () => {
    const agent = await world.agent({ watchMs: 60_000 });
    for (let each = 0; each < 20; each++) {
      const client = world.client(agent, { clientId: `gone-${each}` });
      await new Promise((resolve) => setTimeout(resolve, each));
      client.stream.destroy();
    }
    while (agent.clients > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const open = async (): Promise<number> => (await world.part.call(commands.status, {})).sessionsOpen;
    while ((await open()) > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await heard(world.client(agent), 'connect');
  });

  it('ends a client that speaks of authentication though it named no method', async () => {
    const { send, next } = world.raw(await world.agent());
    const connect = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 5, clean: true, keepalive: 30 } as const;
    send({ ...connect, clientId: 'x' });
    assert.equal((await next()).cmd, 'connack');
    send({ cmd: 'auth', reasonCode: 0x19, properties: { authenticationMethod: 'keystile-evidence-1' } });
    const { reasonCode } = (await next()) as { reasonCode?: number };
    assert.equal(reasonCode, 0x82);
    await assert.rejects(next());
  });

  it('ends with a reason for each client, and leaves nothing behind', async () => {
    const agent = await world.agent();
    const client = world.client(agent);
    await heard(client, 'connect');
    const farewell = heard(client, 'disconnect');
    await agent.close();
    const [{ reasonCode }] = (await farewell) as [{ reasonCode: number }];
    assert.equal(reasonCode, 0x8b);
    assert.equal(agent.clients, 0);
  });
});
