import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createServer, type TLSSocket } from 'node:tls';
import { timeToken } from '@keystile/cose';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { Registry } from '../../src/index.ts';
import { readServiceState } from '../../src/service/service-state.ts';
import { publicKeyDer } from '../../src/state/signer.ts';
import { startTimeService, type TimeEvent } from '../../src/time/time-service.ts';
import { signTimeToken } from '../../src/time/time-token.ts';
import { homeWithFleet, TestClock } from '../support/home.ts';

/** A broker with one client: it demands a certificate of the fleet, and passes messages on by hand. */
class OneClientBroker {
  readonly port: number;
  readonly identities: (string | undefined)[] = [];
  readonly clientIds: string[] = [];
  readonly filters: string[] = [];
  readonly #published: { topic: string; payload: Uint8Array }[] = [];
  #wake: () => void = () => {};
  #socket: TLSSocket | undefined;

  private constructor(port: number) {
    this.port = port;
  }

  static async start(context: TestContext, home: string): Promise<OneClientBroker> {
    const [key, cert, ca] = await Promise.all(
      ['key.pem', 'cert.pem', 'client-anchors.pem'].map((name) => readFile(join(home, 'broker', name), 'utf8')),
    );
    const server = createServer({ key, cert, ca, requestCert: true, rejectUnauthorized: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new TypeError('no port');
    const broker = new OneClientBroker(address.port);
    server.on('secureConnection', (socket) => broker.#accept(socket));
    context.after(() => {
      broker.#socket?.destroy();
      server.close();
    });
    return broker;
  }

  send(topic: string, payload: string): void {
    const packet: Packet = { cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false };
    this.#socket?.write(mqttPacket.generate(packet, { protocolVersion: 5 }));
  }

  async published(): Promise<{ topic: string; payload: Uint8Array }> {
    for (;;) {
      const next = this.#published.shift();
      if (next !== undefined) return next;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #accept(socket: TLSSocket): void {
    this.#socket = socket;
    this.identities.push(socket.getPeerX509Certificate()?.subjectAltName);
    const parser = mqttPacket.parser({ protocolVersion: 5 });
    parser.on('packet', (packet: Packet) => {
      const answer = this.#answer(packet);
      if (answer !== undefined) socket.write(mqttPacket.generate(answer, { protocolVersion: 5 }));
    });
    socket.on('data', (piece) => parser.parse(piece));
    socket.on('error', () => socket.destroy());
  }

  #answer(packet: Packet): Packet | undefined {
    if (packet.cmd === 'connect') {
      this.clientIds.push(packet.clientId);
      return { cmd: 'connack', reasonCode: 0, sessionPresent: false };
    }
    if (packet.cmd === 'subscribe') {
      this.filters.push(...packet.subscriptions.map(({ topic }) => topic));
      return { cmd: 'suback', messageId: packet.messageId ?? 0, granted: [1] };
    }
    if (packet.cmd !== 'publish') return undefined;
    this.#published.push({ topic: packet.topic, payload: new Uint8Array(Buffer.from(packet.payload)) });
    this.#wake();
    return { cmd: 'puback', messageId: packet.messageId ?? 0, reasonCode: 0 };
  }
}

/** Events in the order in which they came, awaited one by one. */
class Events {
  readonly #events: TimeEvent[] = [];
  #wake: () => void = () => {};

  readonly add = (event: TimeEvent): void => {
    this.#events.push(event);
    this.#wake();
  };

  async next(name: TimeEvent['event']): Promise<TimeEvent> {
    for (;;) {
      const next = this.#events.shift();
      if (next?.event === name) return next;
      if (next === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

const nonce = Uint8Array.from({ length: 16 }, (_, i) => 200 + i);

function request(serial: string): string {
  return JSON.stringify({ nonce: Buffer.from(nonce).toString('base64url'), serial });
}

async function registryWithOneDevice(home: string): Promise<Registry> {
  const registry = await Registry.open(join(home, 'authority/registry.json'));
  const at = '2026-11-23T12:00:00.000Z';
  for (const serial of ['KS-000017', 'KS-000018']) {
    await registry.addPart({
      serial,
      model: 'KS-1',
      attestationKey: Buffer.from(serial.padEnd(32)).toString('hex'),
      madeAt: at,
    });
  }
  await registry.addDevice('KS-000017', {
    fleet: 'home',
    id: 'ac-000017',
    idevidKey: 'aa'.repeat(32),
    ldevidKey: 'bb'.repeat(32),
    idevidSerial: '01',
    ldevidSerial: '02',
    ldevidExpiresAt: at,
    contentsDigest: 'cc'.repeat(32),
    lot: 'lot-1',
    provisionedAt: at,
  });
  return registry;
}

test('a provisioned part gets the time, bound to its serial and nonce; nobody else does', async (context) => {
  const { home } = await homeWithFleet(context);
  const state = await readServiceState(home);
  const broker = await OneClientBroker.start(context, home);
  const registry = await registryWithOneDevice(home);
  const clock = new TestClock();
  const events = new Events();
  const service = startTimeService({
    brokerUrl: `mqtts://localhost:${broker.port}`,
    tls: { ...state.client, anchor: state.root },
    clientId: 'authority',
    registry: async () => registry,
    sign: (claims) => signTimeToken(state.timeKey, claims),
    now: clock.now,
    onEvent: events.add,
  });
  context.after(() => service.close());
  await events.next('broker-connected');
  assert.deepEqual(broker.identities, ['URI:urn:keystile:home:service:authority']);
  assert.deepEqual(broker.clientIds, ['authority']);
  assert.deepEqual(broker.filters, ['$keystile/+/time/request']);

  broker.send('$keystile/ac-000017/time/request', request('KS-000017'));
  const { topic, payload } = await broker.published();
  assert.equal(topic, '$keystile/ac-000017/time');
  const claims = timeToken.verify(payload, publicKeyDer(state.timeKey));
  assert.deepEqual(claims, { serial: 'KS-000017', nonce, utcMs: clock.ms });
  await events.next('time-token');

  const refused: [string, string, string, string][] = [
    ['an unknown serial', 'ac-000017', request('KS-000099'), 'KS-A140'],
    ['a part that was made and not provisioned', 'ac-000018', request('KS-000018'), 'KS-A140'],
    ["another device's serial", 'ac-000099', request('KS-000017'), 'KS-A140'],
    ['nonsense', 'ac-000017', '{"nonce":', 'KS-A141'],
  ];
  for (const [what, device, text, code] of refused) {
    broker.send(`$keystile/${device}/time/request`, text);
    assert.partialDeepStrictEqual(await events.next('time-refused'), { code }, what);
  }
  for (let i = 0; i < 10; i++) broker.send('$keystile/ac-000017/time/request', request('KS-000017'));
  assert.partialDeepStrictEqual(await events.next('time-refused'), { code: 'KS-A142' });
});

test('a broker that is not there, and one of another fleet, are reported and not obeyed', async (context) => {
  const { home } = await homeWithFleet(context);
  const other = await homeWithFleet(context);
  const state = await readServiceState(home);
  const broker = await OneClientBroker.start(context, other.home);
  for (const brokerUrl of ['mqtts://localhost:1', `mqtts://localhost:${broker.port}`]) {
    const events = new Events();
    const service = startTimeService({
      brokerUrl,
      tls: { ...state.client, anchor: state.root },
      clientId: 'authority',
      registry: () => Registry.open(join(home, 'registry.json')),
      sign: () => assert.fail('nothing may be signed'),
      now: Date.now,
      onEvent: events.add,
    });
    context.after(() => service.close());
    assert.partialDeepStrictEqual(await events.next('broker-lost'), { code: 'KS-A143' });
  }
  assert.deepEqual(broker.clientIds, []);
});
