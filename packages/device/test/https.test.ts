import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { type HttpsOptions, httpsConnector, PartAgent, partFetch } from '@keystile/device';
import { commands } from '@keystile/link';
import { InProcessPart, TestFleet } from '@keystile/testkit';
import { Agent, request as undiciRequest } from 'undici';

const LARGE = 200_000;

describe('HTTPS through the part', () => {
  let fleet: TestFleet;
  let part: InProcessPart;
  let server: Server;
  let port = 0;
  let options: HttpsOptions;

  before(async () => {
    fleet = await TestFleet.create();
    part = new InProcessPart({ clock: fleet.clock });
    const [policy, ...others] = fleet.policies;
    assert.ok(policy !== undefined);
    await fleet.provision(part, [policy, { ...policy, name: 'https', alpn: ['http/1.1'] }, ...others.slice(0, 1)]);
    await fleet.boot(part.host);
    options = { part: part.host, policy: 'https' };
    const credential = await fleet.server({ names: ['localhost'] });
    server = createServer({ ...credential, ...fleet.demandsDevice }, async (asked, answer) => {
      const device = (asked.socket as TLSSocket).getPeerCertificate().subject.CN;
      const bodies: Record<string, string> = { '/large': 'x'.repeat(LARGE), '/nothing': '' };
      const status = asked.url === '/nothing' ? 204 : asked.method === 'POST' ? 201 : 200;
      answer.setHeader('x-device', String(device));
      answer.writeHead(status).end(bodies[asked.url ?? ''] ?? `${asked.method} ${asked.url} ${await text(asked)}`);
    });
    server.listen(0, 'localhost');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });

  after(() => {
    server.closeAllConnections();
    server.close();
    fleet.remove();
  });

  it('fetch: status, headers, body both ways, and no session left behind', async () => {
    const get = partFetch(options);
    const answer = await get(`https://localhost:${port}/report?x=1`, { method: 'POST', body: 'kWh 3' });
    assert.equal(answer.status, 201);
    assert.match(answer.headers.get('x-device') ?? '', /\S/);
    assert.equal(await answer.text(), 'POST /report?x=1 kWh 3');
    assert.equal((await (await get(`https://localhost:${port}/large`)).text()).length, LARGE);
    assert.equal((await get(`https://localhost:${port}/nothing`)).status, 204);
    for (let waited = 0; waited < 2000 && (await sessions()) > 0; waited += 20)
      await new Promise((r) => setTimeout(r, 20));
    assert.equal(await sessions(), 0);
  });

  it('undici: its own requests over connections that the part makes', async () => {
    const dispatcher = new Agent({ connect: httpsConnector(options) });
    for (const path of ['/one', '/two']) {
      const { statusCode, body } = await undiciRequest(`https://localhost:${port}${path}`, { dispatcher });
      assert.deepEqual([statusCode, await body.text()], [200, `GET ${path} `]);
    }
    await dispatcher.close();
  });

  it('node:http: an agent', async () => {
    const asked = request({
      protocol: 'https:',
      host: 'localhost',
      port,
      path: '/agent',
      agent: new PartAgent(options),
    });
    asked.end();
    const [answer] = await once(asked, 'response');
    assert.equal(await text(answer), 'GET /agent ');
  });

  it('a host outside the policy, and an address in clear, are refused with their codes', async () => {
    const dispatcher = new Agent({ connect: httpsConnector(options) });
    const refused = { code: 'KS-C161' };
    await assert.rejects(partFetch(options)(`https://127.0.0.1:${port}/`), refused);
    await assert.rejects(undiciRequest(`https://127.0.0.1:${port}/`, { dispatcher }), refused);
    await dispatcher.close();
    assert.throws(() => partFetch(options)('http://localhost/'), { code: 'KS-D105' });
  });

  it('an aborted request ends', async () => {
    const signal = AbortSignal.timeout(5);
    await assert.rejects(partFetch(options)(`https://localhost:${port}/large`, { signal }), { name: 'AbortError' });
  });

  async function sessions(): Promise<number> {
    return (await part.call(commands.status, {})).sessionsOpen;
  }
});
