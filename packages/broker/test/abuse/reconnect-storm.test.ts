import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { generate } from 'mqtt-packet';
import { BrokerProgram } from '../support/broker-program.ts';
import { beside } from '../support/bystander.ts';
import { addressOf } from '../support/crowd.ts';
import { mqttsListener, rulesFor } from '../support/test-broker.ts';
import { TestFleet, type TlsIdentity } from '../support/test-fleet.ts';

/** A fleet that lost its broker for a moment and comes back at once: ten times what the listener lets begin at once. */

const full = process.env.KEYSTILE_TEST_FULL === '1';
const CLIENTS = full ? 5000 : 50;
const ACCEPTS_PER_SECOND = full ? 500 : 100;
/** Client and broker share the machine with other tests; the pace alone takes a second, or ten. */
const RECOVERY_MS_MAX = full ? 240_000 : 20_000;

const configuration = [
  `[[listener]]\nname = "calm"\nkind = "unix"\npath = "calm.sock"\nidentity = "urn:keystile:home:service:calm"\n`,
  mqttsListener(`accepts_per_second = ${ACCEPTS_PER_SECOND}\nhandshake_timeout_ms = 60_000\n`),
  rulesFor(['service'], '#'),
].join('\n');

describe('A reconnect storm', () => {
  let fleet: TestFleet;
  let broker: BrokerProgram;
  const identities: TlsIdentity[] = [];

  before(async () => {
    fleet = await TestFleet.make();
    broker = await BrokerProgram.start(fleet, configuration);
    for (let number = 0; number < CLIENTS; number++) identities.push(await fleet.client('device', `ac-${number}`));
  });

  after(() => broker.stop());

  /** Resolves when the client has its CONNACK. */
  async function join(identity: TlsIdentity, number: number): Promise<TLSSocket> {
    const socket = connect({
      socket: connectTcp({ host: '127.0.0.1', port: broker.port('devices'), localAddress: addressOf(number) }),
      servername: 'localhost',
      ca: fleet.authorities.root.pem,
      ...identity,
    });
    await once(socket, 'secureConnect');
    const clientId = `ac-${number}`;
    socket.write(
      generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 5, clean: true, keepalive: 0, clientId }),
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    // CONNACK, and its reason code after the flags.
    assert.deepEqual([answer[0], answer[3]], [0x20, 0], clientId);
    socket.on('error', () => undefined);
    return socket;
  }

  async function joinAll(): Promise<{ readonly sockets: readonly TLSSocket[]; readonly ms: number }> {
    const startedAt = performance.now();
    const sockets = await Promise.all(identities.map((identity, number) => join(identity, number)));
    return { sockets, ms: performance.now() - startedAt };
  }

  test(`of ${CLIENTS} clients with certificates is over in time, nobody is turned away, and a bystander is served`, async () => {
    let { sockets } = await joinAll();
    await beside(broker.path('calm'), async () => {
      for (const socket of sockets) socket.destroy();
      const again = await joinAll();
      sockets = again.sockets;
      const paceMs = (1000 * CLIENTS) / ACCEPTS_PER_SECOND;
      assert.ok(again.ms < RECOVERY_MS_MAX, `${again.ms} ms`);
      // A tenth of a second's worth may begin at once, and some tokens were there.
      assert.ok(again.ms > paceMs / 2, `${again.ms} ms: the listener has kept no pace`);
    });
    for (const socket of sockets) socket.destroy();
    assert.deepEqual([...broker.codes], []);
  });
});
