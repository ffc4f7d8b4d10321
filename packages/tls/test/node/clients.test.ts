import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import tls, { type TLSSocket } from 'node:tls';
import { MqttClient } from 'mqtt';
import mqttPacket from 'mqtt-packet';
import { Client } from 'undici';
import { WebSocket, WebSocketServer } from 'ws';
import { connect, type TlsStream } from '../../src/node/index.ts';
import { type Issued, IssuingRoot, slowSigner } from '../support/issued.ts';

/** What makes a stream a socket is who can use it: three clients that were written for `tls.TLSSocket`. */
let root: IssuingRoot;
let device: Issued;
let credential: { readonly key: string; readonly cert: string; readonly ca: string; readonly requestCert: true };
const servers: Server[] = [];

before(async () => {
  root = await IssuingRoot.make();
  device = await root.client('device-1');
  const { keyPem: key, pem: cert } = await root.server('broker.test');
  credential = { key, cert, ca: root.pem, requestCert: true };
});
after(() => {
  for (const server of servers) server.close();
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function dial(port: number): TlsStream {
  const { pem: cert } = device;
  return connect({
    host: '127.0.0.1',
    port,
    servername: 'broker.test',
    ca: root.pem,
    cert,
    signer: slowSigner(device),
  });
}

const nameOf = (socket: TLSSocket): string => String(socket.getPeerCertificate().subject.CN);

describe('over the stream of connect', () => {
  it('MQTT.js connects, publishes with QoS 1 and ends', async () => {
    const seen: string[] = [];
    const server = tls.createServer(credential, (socket) => {
      const parser = mqttPacket.parser();
      parser.on('packet', (packet) => {
        seen.push(packet.cmd);
        if (packet.cmd === 'connect') answer(socket, { cmd: 'connack', returnCode: 0, sessionPresent: false });
        if (packet.cmd === 'publish' && packet.messageId !== undefined) {
          seen.push(`${nameOf(socket)} ${packet.topic} ${packet.payload.length}`);
          answer(socket, { cmd: 'puback', messageId: packet.messageId });
        }
      });
      socket.on('data', (bytes) => parser.parse(bytes));
      socket.on('error', () => {});
    });
    const port = await listening(server);
    const client = new MqttClient(() => dial(port), { reconnectPeriod: 0, clientId: 'device-1' });
    client.on('error', (error) => assert.fail(error));
    await new Promise((resolve) => client.once('connect', resolve));
    await client.publishAsync('ac/device-1/state', Buffer.alloc(100_000), { qos: 1 });
    await client.endAsync();
    assert.deepEqual(seen, ['connect', 'publish', 'device-1 ac/device-1/state 100000', 'disconnect']);
  });

  it('undici sends requests, one after the other on one connection', async () => {
    let connections = 0;
    const server = https.createServer(credential, async (request, response) => {
      const said = await text(request);
      response.end(`${nameOf(request.socket as TLSSocket)} ${request.method} ${request.url} ${said.length}`);
    });
    server.on('secureConnection', () => connections++);
    const port = await listening(server);
    const client = new Client(`https://broker.test:${port}`, {
      connect: (_options, callback) => {
        const stream = dial(port);
        stream.once('error', (error) => callback(error, null));
        // It wants a socket's type, and is content with a socket's behaviour.
        stream.once('secureConnect', () => callback(null, stream as unknown as TLSSocket));
      },
    });
    for (const length of [0, 10, 300_000]) {
      const { statusCode, body } = await client.request({ path: '/a', method: 'POST', body: 'x'.repeat(length) });
      assert.deepEqual([statusCode, await body.text()], [200, `device-1 POST /a ${length}`]);
    }
    assert.equal(connections, 1);
    await client.close();
  });

  it('node:http sends a request, and ws speaks in both directions', async () => {
    const server = https.createServer(credential, (request, response) => {
      response.end(nameOf(request.socket as TLSSocket));
    });
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket, request) => {
      socket.send(nameOf(request.socket as TLSSocket));
      socket.on('message', (message) => socket.send(message));
    });
    const port = await listening(server);

    const request = http.get({ host: 'broker.test', path: '/', createConnection: () => dial(port) });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    assert.equal(await text(response), 'device-1');

    const socket = new WebSocket(`ws://broker.test:${port}/`, { createConnection: () => dial(port) });
    const messages: string[] = [];
    const all = Promise.withResolvers<void>();
    socket.on('message', (message) => {
      messages.push(String(message));
      if (messages.length === 3) all.resolve();
    });
    await once(socket, 'open');
    socket.send('one');
    socket.send('2'.repeat(200_000));
    await all.promise;
    assert.deepEqual(
      messages.map((message) => message.slice(0, 10)),
      ['device-1', 'one', '2222222222'],
    );
    socket.close();
    await once(socket, 'close');
    sockets.close();
  });
});

function answer(socket: TLSSocket, packet: mqttPacket.Packet): void {
  socket.write(mqttPacket.generate(packet));
}
