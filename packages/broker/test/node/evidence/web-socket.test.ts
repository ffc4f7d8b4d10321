import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import type { IAuthPacket, IConnackPacket } from 'mqtt-packet';
import { createWebSocketStream, WebSocket } from 'ws';
import { RawMqtt } from '../../support/raw-mqtt.ts';
import { TestBroker, wssWithCertificates } from '../../support/test-broker.ts';
import { TestFleet } from '../../support/test-fleet.ts';

const METHOD = 'keystile-evidence-1';

describe('The evidence method over a WebSocket', () => {
  let fleet: TestFleet;
  let broker: TestBroker;
  before(async () => {
    fleet = await TestFleet.make();
    const evidence = '[evidence]\nmaker_anchors = "device-ca.pem"\nregistry = "devices.json"\n';
    broker = await TestBroker.start(fleet, wssWithCertificates + evidence);
  });
  after(async () => {
    await broker.close();
    assert.deepEqual(broker.faults, []);
  });

  async function connect(clientId: string, socket: WebSocket): Promise<RawMqtt> {
    await once(socket, 'open');
    const raw = new RawMqtt(createWebSocketStream(socket));
    raw.connect(clientId, METHOD);
    return raw;
  }

  function options(more: object): object {
    return { ca: fleet.authorities.root.pem, ...more };
  }

  it('works where a certificate was shown: a nonce comes, and what is no evidence is refused', async () => {
    const certificate = await fleet.client('device', 'd');
    const url = `wss://localhost:${broker.port('wss')}/`;
    const raw = await connect('d', new WebSocket(url, ['mqtt'], options(certificate)));
    const { cmd, properties } = (await raw.next()) as IAuthPacket;
    assert.equal(cmd, 'auth');
    assert.equal(properties?.authenticationData?.length, 32);
    raw.auth(0x18, METHOD, Buffer.from('no evidence'));
    const connack = (await raw.next()) as IConnackPacket;
    assert.equal(connack.reasonCode, 0x87);
    assert.match(connack.properties?.reasonString ?? '', /KS-S126/);
    await raw.closed();
  });

  it('is not for a page with a token, which is bound to no connection', async () => {
    const url = `wss://localhost:${broker.port('wss')}/`;
    const protocols = ['mqtt', `keystile-token.${await fleet.token()}`];
    const raw = await connect(
      'console/1',
      new WebSocket(url, protocols, options({ origin: 'https://console.example' })),
    );
    assert.equal(((await raw.next()) as IConnackPacket).reasonCode, 0x8c);
    await raw.closed();
    assert.equal(broker.codes.at(-1), 'KS-B207');
  });
});
