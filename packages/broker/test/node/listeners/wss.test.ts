import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { connect } from 'node:tls';
import mqtt from 'mqtt';
import { WebSocket } from 'ws';
import { nextMessage } from '../../support/mqtt-client.ts';
import { TestBroker, wssListener, wssWithCertificates } from '../../support/test-broker.ts';
import { newKey, TestFleet } from '../../support/test-fleet.ts';

const PAGE = 'https://console.example';
const upgradeRequest =
  'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n';

describe('MQTT over WebSocket over TLS', () => {
  let fleet: TestFleet;
  let broker: TestBroker;

  before(async () => {
    fleet = await TestFleet.make();
    broker = await TestBroker.start(fleet, wssWithCertificates);
  });

  after(async () => {
    await broker.close();
    assert.deepEqual(broker.faults, []);
  });

  interface Upgrade {
    readonly protocols?: string[];
    readonly origin?: string;
    readonly path?: string;
    readonly certificate?: { readonly key: string; readonly cert: string };
  }

  function upgrade({ protocols = ['mqtt'], origin, path = '/', certificate }: Upgrade): WebSocket {
    return new WebSocket(`wss://localhost:${broker.port('wss')}${path}`, protocols, {
      ca: fleet.authorities.root.pem,
      ...certificate,
      ...(origin !== undefined && { origin }),
    });
  }

  /** Status and body of an upgrade that was refused. */
  async function refused(asked: Upgrade): Promise<[number | undefined, string]> {
    const socket = upgrade(asked);
    const [, response] = (await once(socket, 'unexpected-response')) as [ClientRequest, IncomingMessage];
    let body = '';
    for await (const piece of response.setEncoding('utf8')) body += piece;
    return [response.statusCode, body.trim()];
  }

  const withToken = (token: string): string[] => ['mqtt', `keystile-token.${token}`];

  test('a page with a token is the operator that the token names', async () => {
    const token = await fleet.token();
    const client = mqtt.connect(`wss://localhost:${broker.port('wss')}/`, {
      clientId: 'console/1',
      protocolVersion: 5,
      reconnectPeriod: 0,
      createWebsocket: (_url, protocols) =>
        new WebSocket(`wss://localhost:${broker.port('wss')}/`, [...protocols, `keystile-token.${token}`], {
          ca: fleet.authorities.root.pem,
          origin: PAGE,
        }) as never,
    });
    await new Promise<void>((resolve) => client.once('connect', () => resolve()));
    await client.subscribeAsync('ac/#', { qos: 1 });
    const received = nextMessage(client);
    await client.publishAsync('ac/ac-1/set/mode', 'heat', { qos: 1 });
    assert.equal((await received).text, 'heat');
    await client.endAsync();
  });

  test('a client certificate opens it as well, without an origin', async () => {
    const socket = upgrade({ certificate: await fleet.client('operator', 'olga') });
    await once(socket, 'open');
    assert.equal(socket.protocol, 'mqtt');
    socket.terminate();
  });

  test('neither token nor certificate is 401', async () => {
    assert.deepEqual(await refused({ origin: PAGE }), [401, 'KS-B120']);
  });

  test('neither token nor certificate is 401 on a resumed TLS connection, too', async () => {
    const agentless = { host: 'localhost', port: broker.port('wss'), ca: fleet.authorities.root.pem };
    const first = connect(agentless);
    const [session] = (await once(first, 'session')) as [Buffer];
    first.destroy();
    const second = connect({ ...agentless, session });
    await once(second, 'secureConnect');
    second.write(upgradeRequest);
    const [answer] = (await once(second, 'data')) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 401 /);
    second.destroy();
  });

  test('a certificate of another fleet is 401', async () => {
    const certificate = await (await TestFleet.make('other')).client('operator', 'olga');
    assert.deepEqual(await refused({ certificate }), [401, 'KS-B120']);
  });

  test('a foreign origin is 403, whatever it brings', async () => {
    const origin = 'https://evil.example';
    assert.deepEqual(await refused({ origin, protocols: withToken(await fleet.token()) }), [403, 'KS-B121']);
    assert.deepEqual(await refused({ origin, certificate: await fleet.client('operator', 'olga') }), [403, 'KS-B121']);
  });

  test('a token without an origin is 403: tokens are for pages', async () => {
    assert.deepEqual(await refused({ protocols: withToken(await fleet.token()) }), [403, 'KS-B121']);
  });

  const now = Date.now();
  const badTokens = {
    expired: { untilMs: now - 1 },
    'from the future': { fromMs: now + 120_000, untilMs: now + 180_000 },
    'that lives too long': { untilMs: now + 3_600_000 },
    'for a device': { identity: 'urn:keystile:home:device:ac-1' },
    'for nobody': { identity: 'console' },
    'by another key': { key: newKey() },
  };
  for (const [which, claims] of Object.entries(badTokens)) {
    test(`a token ${which} is 401`, async () => {
      const protocols = withToken(await fleet.token(claims));
      assert.deepEqual(await refused({ origin: PAGE, protocols }), [401, 'KS-B122']);
    });
  }

  test('text that is no token is 401', async () => {
    assert.deepEqual(await refused({ origin: PAGE, protocols: withToken('AAAA') }), [401, 'KS-B122']);
  });

  test('without the subprotocol mqtt it is 400, at another path 404', async () => {
    assert.deepEqual(await refused({ protocols: ['chat'] }), [400, 'KS-B123']);
    assert.deepEqual(await refused({ path: '/elsewhere' }), [404, 'KS-B124']);
  });

  test('a text frame closes the connection', async () => {
    const socket = upgrade({ certificate: await fleet.client('operator', 'olga') });
    await once(socket, 'open');
    socket.send('hello');
    const [code] = (await once(socket, 'close')) as [number];
    assert.equal(code, 1003);
  });

  test('a listener for pages asks for no certificate, which Chromium could not answer, and takes none', async () => {
    const pages = await TestBroker.start(fleet, wssListener());
    const socket = connect({ host: 'localhost', port: pages.port('wss'), ca: fleet.authorities.root.pem });
    await once(socket, 'secureConnect');
    assert.equal(pages.running.listeners.length, 1);
    socket.write(upgradeRequest);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 401 /);
    socket.destroy();
    await pages.close();
  });
});
