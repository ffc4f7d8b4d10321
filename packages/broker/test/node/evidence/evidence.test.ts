import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { decodeEvidenceAnswer, encodeEvidenceAnswer } from '@keystile/cose';
import { type DeviceStream, evidenceAnswers, evidenceProperties, stream } from '@keystile/device';
import { issueClientCertificate } from '@keystile/pki/issue';
import { InProcessPart, SERVER_NAME, TestFleet } from '@keystile/testkit';
import { MqttClient } from 'mqtt';
import type { IAuthPacket, IConnackPacket, Packet } from 'mqtt-packet';
import type { BrokerEvent } from '../../../src/log.ts';
import { parseConfiguration } from '../../../src/node/configuration/read-configuration.ts';
import { type RunningBroker, startBroker } from '../../../src/node/start-broker.ts';
import { RawMqtt } from '../../support/raw-mqtt.ts';

/** Parts of the fleet, a broker that demands their evidence, and whoever would like to do without. */
const METHOD = 'keystile-evidence-1';

interface Device {
  readonly part: InProcessPart;
  readonly serial: string;
  readonly id: string;
}

let fleet: TestFleet;
let folder: string;
let running: RunningBroker;
let port: number;
let first: Device;
let second: Device;
const events: BrokerEvent[] = [];
const faults: unknown[] = [];
const ends: (() => unknown)[] = [];

async function makeDevice(): Promise<Device> {
  const part = new InProcessPart({ clock: fleet.clock });
  const { serial, id } = await fleet.provision(part);
  await fleet.boot(part.host);
  return { part, serial, id };
}

async function writeRegistry(devices: readonly Device[]): Promise<void> {
  const entries = devices.map(({ serial, id }) => ({
    serial,
    attestation_key: fleet.registry.find(serial)?.attestationKey,
    identity: `urn:keystile:home:device:${id}`,
  }));
  await writeFile(join(folder, 'devices.json'), JSON.stringify(entries));
}

const toml = `
[[issuer]]
name = "device-ca"
certificate = "device-ca.pem"
fleet = "home"
roles = ["device"]

[[issuer]]
name = "client-ca"
certificate = "client-ca.pem"
fleet = "home"
roles = ["application", "operator", "service"]

[[listener]]
name = "devices"
kind = "mqtts"
port = 0
certificate = "cert.pem"
key = "key.pem"
client_anchors = "anchors.pem"

[evidence]
maker_anchors = "maker-ca.pem"
registry = "devices.json"

[[evidence.demand]]
roles = ["device"]
fleet = "home"
listeners = ["devices"]
`;

before(async () => {
  fleet = await TestFleet.create();
  folder = await mkdtemp(join(tmpdir(), 'ks-evidence-'));
  const { authorities } = fleet.fleet;
  const server = await fleet.server();
  const files = {
    'cert.pem': server.cert,
    'anchors.pem': authorities.root.pem + authorities['device-ca'].pem + authorities['client-ca'].pem,
    'device-ca.pem': authorities['device-ca'].pem,
    'client-ca.pem': authorities['client-ca'].pem,
    'maker-ca.pem': authorities['maker-ca'].pem,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  await writeFile(join(folder, 'key.pem'), server.key, { mode: 0o600 });
  first = await makeDevice();
  second = await makeDevice();
  await writeRegistry([first, second]);
  running = await startBroker({
    configuration: parseConfiguration(toml, 'test.toml'),
    folder,
    insecureListeners: false,
    log: { event: (event) => events.push(event), fault: (...fault) => faults.push(fault) },
    now: () => Math.floor(performance.now()),
    utcNow: Date.now,
  });
  port = running.listeners[0]?.port ?? 0;
});
after(async () => {
  await running.close();
  await rm(folder, { recursive: true, force: true });
  fleet.remove();
  assert.deepEqual(faults, []);
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

function dial({ part }: Device): DeviceStream {
  const dialled = stream({ part: part.host, policy: 'fleet', host: '127.0.0.1', port, serverName: SERVER_NAME });
  dialled.on('error', () => undefined);
  ends.push(async () => {
    if (dialled.closed) return;
    dialled.destroy();
    await once(dialled, 'close');
  });
  return dialled;
}

/** A device that was asked for evidence. */
async function asked(device: Device): Promise<{ raw: RawMqtt; dialled: DeviceStream; nonce: Uint8Array }> {
  const dialled = dial(device);
  const raw = new RawMqtt(dialled);
  raw.connect(device.id, METHOD);
  return { raw, dialled, nonce: nonceOf(await raw.next()) };
}

function nonceOf(packet: Packet): Uint8Array {
  const { cmd, reasonCode, properties } = packet as IAuthPacket;
  assert.equal(cmd, 'auth');
  assert.equal(reasonCode, 0x18);
  const nonce = properties?.authenticationData;
  assert.ok(nonce !== undefined && nonce.length === 32);
  return nonce;
}

async function refused(raw: RawMqtt, says: RegExp, reasonCode = 0x87): Promise<void> {
  const connack = (await raw.next()) as IConnackPacket;
  assert.equal(connack.cmd, 'connack');
  assert.equal(connack.reasonCode, reasonCode);
  assert.match(connack.properties?.reasonString ?? '', says);
  await raw.closed();
  const { level, event, sentence = '' } = events.at(-1) ?? {};
  assert.deepEqual([level, event], ['warn', 'refused']);
  assert.match(sentence, says);
}

/** Somebody with a certificate for a device's identity and the key in a file, as if the device CA had been deceived. */
async function softwareClient(id: string): Promise<TLSSocket> {
  const { authorities } = fleet.fleet;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = await issueClientCertificate({
    issuer: authorities['device-ca'],
    subject: { organization: 'home', commonName: id },
    publicKey: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })),
    validity: { fromMs: Date.now() - 60_000, untilMs: Date.now() + 3_600_000 },
    identity: `urn:keystile:home:device:${id}`,
  });
  const socket = connectTls({
    host: '127.0.0.1',
    port,
    servername: SERVER_NAME,
    ca: authorities.root.pem,
    key: pemOf(privateKey),
    cert: certificate.pem,
  });
  ends.push(() => socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

function pemOf(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' }).toString();
}

describe('A broker that demands evidence', () => {
  it('admits a device whose part proves itself, by MQTT.js with the helper of the device SDK', async () => {
    let current: DeviceStream | undefined;
    const client = new MqttClient(
      () => {
        current = dial(first);
        return current;
      },
      { clientId: first.id, protocolVersion: 5, reconnectPeriod: 0, properties: { ...evidenceProperties } },
    );
    ends.push(() => client.end(true));
    client.handleAuth = evidenceAnswers(() => current);
    client.on('error', (error) => assert.fail(error));
    await new Promise((resolve) => client.once('connect', resolve));
    await client.publishAsync(`ac/${first.id}/state`, 'on', { qos: 1 });
  });

  it('authenticates the device again on the open connection', async () => {
    const { raw, dialled, nonce } = await asked(first);
    raw.auth(0x18, METHOD, await dialled.evidence(nonce));
    assert.equal((await raw.next()).cmd, 'connack');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    raw.auth(0x19, METHOD);
    const again = nonceOf(await raw.next());
    assert.notDeepEqual(again, nonce);
    raw.auth(0x18, METHOD, await dialled.evidence(again));
    const { cmd, reasonCode } = (await raw.next()) as IAuthPacket;
    assert.deepEqual([cmd, reasonCode], ['auth', 0]);
  });

  it('refuses an older answer, though it is of the same part over the same connection', async () => {
    const { raw, dialled, nonce } = await asked(first);
    const answer = await dialled.evidence(nonce);
    raw.auth(0x18, METHOD, answer);
    assert.equal((await raw.next()).cmd, 'connack');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    raw.auth(0x19, METHOD);
    nonceOf(await raw.next());
    raw.auth(0x18, METHOD, answer);
    const disconnect = await raw.next();
    assert.ok(disconnect.cmd === 'disconnect');
    assert.equal(disconnect.reasonCode, 0x87);
    assert.match(disconnect.properties?.reasonString ?? '', /KS-S120/);
    await raw.closed();
  });

  it('refuses what the part said over another connection, even for this nonce', async () => {
    const elsewhere = dial(first);
    await once(elsewhere, 'secureConnect');
    const { raw, nonce } = await asked(first);
    raw.auth(0x18, METHOD, await elsewhere.evidence(nonce));
    await refused(raw, /KS-B321: .*another connection than this one \(KS-S121\)/);
  });

  it('refuses a stolen identity that relays the evidence of the real part', async () => {
    const genuine = dial(first);
    await once(genuine, 'secureConnect');
    const raw = new RawMqtt(await softwareClient(first.id));
    raw.connect(first.id, METHOD);
    raw.auth(0x18, METHOD, await genuine.evidence(nonceOf(await raw.next())));
    await refused(raw, /KS-S121/);
  });

  it('refuses the evidence of another device of the fleet', async () => {
    const other = dial(second);
    await once(other, 'secureConnect');
    const { raw, nonce } = await asked(first);
    raw.auth(0x18, METHOD, await other.evidence(nonce));
    await refused(
      raw,
      new RegExp(`KS-B324: .*'urn:keystile:home:device:${first.id}' is that of part ${second.serial}`),
    );
  });

  it('refuses a part of an unknown maker', async () => {
    const strangers = await TestFleet.create();
    ends.push(() => strangers.remove());
    const { raw, dialled, nonce } = await asked(first);
    const { statement } = decodeEvidenceAnswer(await dialled.evidence(nonce));
    const chain = [...strangers.fleet.authorities['maker-ca'].der];
    raw.auth(0x18, METHOD, encodeEvidenceAnswer({ statement, chain: [Uint8Array.from(chain)] }));
    await refused(raw, /^KS-B323: /);
  });

  it('refuses a statement that was changed on its way, and one that is none', async () => {
    const { raw, dialled, nonce } = await asked(first);
    const { statement, chain } = decodeEvidenceAnswer(await dialled.evidence(nonce));
    const altered = Uint8Array.from(statement);
    altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
    raw.auth(0x18, METHOD, encodeEvidenceAnswer({ statement: altered, chain }));
    await refused(raw, /KS-S102/);
    const again = await asked(first);
    again.raw.auth(0x18, METHOD, createHash('sha256').update('no CBOR').digest());
    await refused(again.raw, /KS-S126/);
  });

  it('refuses a part that is not in the registry, and knows it once it is', async () => {
    await writeRegistry([second]);
    const { raw, dialled, nonce } = await asked(first);
    raw.auth(0x18, METHOD, await dialled.evidence(nonce));
    await refused(raw, /KS-B324: .* is that of an unknown part/);
    await writeRegistry([first, second]);
    const again = await asked(first);
    again.raw.auth(0x18, METHOD, await again.dialled.evidence(again.nonce));
    assert.equal(((await again.raw.next()) as IConnackPacket).reasonCode, 0);
  });

  it('admits nobody of the class while the registry cannot be read, and tells only the operator why', async () => {
    await writeFile(join(folder, 'devices.json'), '{"half');
    const { raw, dialled, nonce } = await asked(first);
    raw.auth(0x18, METHOD, await dialled.evidence(nonce));
    const { reasonCode, properties } = (await raw.next()) as IConnackPacket;
    assert.equal(reasonCode, 0x87);
    assert.equal(properties?.reasonString, undefined);
    await raw.closed();
    assert.equal(events.at(-1)?.code, 'KS-B325');
    await writeRegistry([first, second]);
  });

  it('refuses a device that does not name the method: with 0x87, and with return code 5 in MQTT 3.1.1', async () => {
    const five = new RawMqtt(dial(first));
    five.connect(first.id);
    await refused(five, /^KS-B320: /);
    const four = new RawMqtt(dial(first), 4);
    four.connect(first.id);
    assert.equal(((await four.next()) as IConnackPacket).returnCode, 5);
    await four.closed();
    assert.equal(events.at(-1)?.code, 'KS-B320');
    assert.match(events.at(-1)?.sentence ?? '', /no enhanced authentication/);
  });
});
