import assert from 'node:assert/strict';
import { once } from 'node:events';
import { lstatSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { generate, type IConnackPacket, type IDisconnectPacket, type Packet } from 'mqtt-packet';
import { AgentWorld, heard } from '../support/agent-world.ts';

let world: AgentWorld;
before(async () => {
  world = await AgentWorld.create({ evidence: false });
});
after(() => world.remove());
beforeEach(() => world.renew());
afterEach(() => world.endTest());

const hello = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 5, clean: true, keepalive: 30 } as const;

describe('the agent in front of a broker that knows no evidence', { timeout: 60_000 }, () => {
  it('carries clients of both versions when it adds none, and says what the broker says when it does', async () => {
    const plain = await world.agent({ evidence: 'none' });
    for (const protocolVersion of [5, 4] as const) {
      const client = world.client(plain, { protocolVersion, clientId: `v${protocolVersion}` });
      await heard(client, 'connect');
      await client.endAsync();
    }
    const [error] = (await heard(world.client(await world.agent()), 'error')) as [{ code: number }];
    assert.equal(error.code, 0x8c);
    await world.logged(/KS-D138/);
  });

  it('carries 3.1.1 clients where evidence is only offered', async () => {
    await heard(world.client(await world.agent(), { protocolVersion: 4 }), 'connect');
  });

  it("passes a client's own authentication method and its refusal on", async () => {
    const { send, next } = world.raw(await world.agent({ evidence: 'demanded' }));
    send({ ...hello, clientId: world.deviceId, properties: { authenticationMethod: 'SCRAM-SHA-256' } });
    assert.equal(((await next()) as IConnackPacket).reasonCode, 0x8c);
  });

  it('says unavailable when nobody listens where the broker should be', async () => {
    const agent = await world.agent({ port: await unusedPort(), evidence: 'none' });
    const { send, next } = world.raw(agent);
    send({ ...hello, clientId: 'x' });
    const { reasonCode, properties } = (await next()) as IConnackPacket;
    assert.equal(reasonCode, 0x88);
    assert.match(properties?.reasonString ?? '', /KS-D100.*ECONNREFUSED/);
  });

  it('says less to a client that takes small packets only', async () => {
    const agent = await world.agent({ port: await unusedPort(), evidence: 'none' });
    const { send, next } = world.raw(agent);
    send({ ...hello, clientId: 'x', properties: { maximumPacketSize: 10 } });
    const { reasonCode, properties } = (await next()) as IConnackPacket;
    assert.deepEqual([reasonCode, properties?.reasonString], [0x88, undefined]);
  });
});

describe('what is carried', { timeout: 60_000 }, () => {
  it("is the broker's DISCONNECT with its own reason, and no second one behind it", async () => {
    const agent = await world.agent({ evidence: 'none' });
    const first = world.raw(agent);
    first.send({ ...hello, clientId: 'same' });
    await first.next();
    const second = world.raw(agent);
    second.send({ ...hello, clientId: 'same' });
    assert.equal(((await first.next()) as IDisconnectPacket).reasonCode, 0x8e);
    await assert.rejects(first.next());
    assert.equal(((await second.next()) as IConnackPacket).reasonCode, 0);
  });

  it('comes in any pieces, packets behind CONNECT included', async () => {
    const agent = await world.agent({ evidence: 'none' });
    const { socket, next } = world.raw(agent);
    const bytes = Buffer.concat([
      generate({ ...hello, clientId: 'crumbs' }, { protocolVersion: 5 }),
      generate({ cmd: 'pingreq' }, { protocolVersion: 5 }),
    ]);
    for (const byte of bytes) {
      socket.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal((await next()).cmd, 'connack');
    assert.equal((await next()).cmd, 'pingresp');
  });

  it('reaches the broker whole when the client closes its half right behind it', async () => {
    const agent = await world.agent({ evidence: 'none' });
    const application = await world.application();
    await application.subscribeAsync('t/last', { qos: 1 });
    const message = heard(application, 'message');
    const { socket } = world.raw(agent);
    const packets: Packet[] = [
      { ...hello, clientId: 'half' },
      { cmd: 'publish', topic: 't/last', payload: Buffer.alloc(50_000, 'z'), qos: 0, retain: false, dup: false },
      { cmd: 'disconnect', reasonCode: 0 },
    ];
    socket.end(Buffer.concat(packets.map((packet) => generate(packet, { protocolVersion: 5 }))));
    assert.equal(((await message)[1] as Buffer).length, 50_000);
    await once(socket, 'close');
    while (agent.clients > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it('waits in the broker when a subscriber does not read: the agent keeps little of it', async () => {
    const agent = await world.agent({ evidence: 'none' });
    const { socket, send, next } = world.raw(agent);
    send({ ...hello, clientId: 'slow' });
    await next();
    send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 't/flood', qos: 0 }] });
    await next();
    socket.pause();
    const application = await world.application();
    const payload = Buffer.alloc(100_000, 1);
    const framesBefore = world.part.host.counters.bytes;
    for (let each = 0; each < 100; each++) await application.publishAsync('t/flood', payload, { qos: 1 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    // All that the agent can hold has come over the bus.
    const carried = world.part.host.counters.bytes - framesBefore;
    assert.ok(carried < 2_000_000, `${carried} of 10,000,000 bytes were taken over the bus`);
    socket.resume();
    send({ cmd: 'pingreq' });
    for (let packet = await next(); packet.cmd !== 'pingresp'; packet = await next());
  });
});

describe('what is not MQTT', { timeout: 60_000 }, () => {
  it('ends with the code of its fault, where there is one, before the part is used', async () => {
    const agent = await world.agent({ evidence: 'none', watchMs: 60_000 });
    const frames = world.part.host.counters.frames;
    const { socket } = world.raw(agent);
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await once(socket, 'close');
    await world.logged(/KS-D133/);
    const newer = world.raw(agent);
    newer.socket.write(Uint8Array.of(0x10, 13, 0, 4, 0x4d, 0x51, 0x54, 0x54, 6, 2, 0, 30, 0, 0, 0));
    assert.equal(((await newer.next()) as IConnackPacket).reasonCode, 0x84);
    const endless = world.raw(agent);
    endless.socket.write(Uint8Array.of(0x10, 0xff, 0xff, 0xff, 0xff, 0x7f));
    await once(endless.socket, 'close');
    assert.equal(world.part.host.counters.frames, frames);
  });
});

describe('the Unix socket', { timeout: 60_000 }, () => {
  it('is of mode 0600, replaces a dead one and nothing else, and is gone afterwards', async () => {
    const path = world.newSocketPath();
    const dead = createServer().listen(path);
    await once(dead, 'listening');
    const agent = await world.agent({ listen: { kind: 'unix', path: world.newSocketPath() } });
    await assert.rejects(world.agent({ listen: { kind: 'unix', path } }), { code: 'KS-L103' });
    dead.close();
    const file = world.newSocketPath();
    writeFileSync(file, 'precious');
    await assert.rejects(world.agent({ listen: { kind: 'unix', path: file } }), { code: 'KS-L103' });
    assert.equal(lstatSync(file).size, 8);
    const own = agent.place.slice('unix:'.length);
    assert.equal(lstatSync(own).mode & 0o777, 0o600);
    await agent.close();
    assert.equal(lstatSync(own, { throwIfNoEntry: false }), undefined);
  });
});

async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
