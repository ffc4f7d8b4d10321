import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { type EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { parseConfiguration, type RunningBroker, startBroker } from '@keystile/broker/node';
import { type Agent, type AgentEvent, type AgentOptions, startAgent } from '@keystile/device/agent';
import { issueClientCertificate } from '@keystile/pki/issue';
import { InProcessPart, type ProcessPart, SERVER_NAME, TestFleet } from '@keystile/testkit';
import { type IClientOptions, MqttClient } from 'mqtt';
import { generate, type Packet, parser } from 'mqtt-packet';

/** A device whose part is provisioned, a broker that may demand its evidence, and agents between them. */
const toml = (evidence: boolean): string => `
[clients_at_once]
device = 8

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

[[rule]]
roles = ["device", "application"]
action = "publish"
effect = "allow"
topics = ["t/#"]

[[rule]]
roles = ["device", "application"]
action = "subscribe"
effect = "allow"
topics = ["t/#"]
${evidence ? '[evidence]\nmaker_anchors = "maker-ca.pem"\nregistry = "devices.json"\n[[evidence.demand]]\nroles = ["device"]' : ''}
`;

const YEAR_MS = 365 * 86_400_000;

/** MQTT 5, packet by packet. `next` rejects at the end of the connection. */
export interface RawClient {
  readonly socket: Socket;
  send(packet: Packet): void;
  next(): Promise<Packet>;
}

export class AgentWorld {
  readonly fleet: TestFleet;
  readonly folder: string;
  readonly deviceId: string;
  part: InProcessPart;
  broker!: RunningBroker;
  readonly events: AgentEvent[] = [];
  readonly brokerLog: unknown[] = [];
  readonly #operational: InProcessPart;
  readonly #ends: (() => unknown)[] = [];
  #agents = 0;

  private constructor(fleet: TestFleet, part: InProcessPart, deviceId: string) {
    this.fleet = fleet;
    this.folder = mkdtempSync(join(tmpdir(), 'ks-agent-'));
    this.#operational = part;
    this.part = part;
    this.deviceId = deviceId;
  }

  /** `other`: the device's part when it is not the one in this process. */
  static async create({ evidence, other }: { evidence: boolean; other?: ProcessPart }): Promise<AgentWorld> {
    const fleet = await TestFleet.create();
    const part = new InProcessPart({ clock: fleet.clock });
    const { serial, id } = await fleet.provision(other ?? part);
    const world = new AgentWorld(fleet, part, id);
    await world.#startBroker(serial, evidence);
    return world;
  }

  get brokerPort(): number {
    return this.broker.listeners[0]?.port ?? 0;
  }

  async #startBroker(serial: string, evidence: boolean): Promise<void> {
    const { authorities } = this.fleet.fleet;
    // Valid for as long as a test may move the clock of its part.
    const untilMs = this.fleet.clock.ms + YEAR_MS;
    const server = await this.fleet.server({ names: [SERVER_NAME, 'localhost'], untilMs });
    const device = {
      serial,
      attestation_key: this.fleet.registry.find(serial)?.attestationKey,
      identity: `urn:keystile:home:device:${this.deviceId}`,
    };
    const files = {
      'cert.pem': server.cert,
      'anchors.pem': authorities.root.pem + authorities['device-ca'].pem + authorities['client-ca'].pem,
      'device-ca.pem': authorities['device-ca'].pem,
      'client-ca.pem': authorities['client-ca'].pem,
      'maker-ca.pem': authorities['maker-ca'].pem,
      'devices.json': JSON.stringify([device]),
    };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(this.folder, name), content);
    writeFileSync(join(this.folder, 'key.pem'), server.key, { mode: 0o600 });
    this.broker = await startBroker({
      configuration: parseConfiguration(toml(evidence), 'test.toml'),
      folder: this.folder,
      insecureListeners: false,
      log: { event: (event) => this.brokerLog.push(event), fault: (...fault) => this.brokerLog.push(fault) },
      now: () => Math.floor(performance.now()),
      utcNow: Date.now,
    });
  }

  /** Before each test: the part as it left the factory, booted. */
  async renew(): Promise<void> {
    this.part = this.#operational.fork();
    this.events.length = 0;
    await this.fleet.boot(this.part.host);
  }

  /** After each test, in the reverse order of what was begun. */
  async endTest(): Promise<void> {
    for (const end of this.#ends.splice(0).toReversed()) await end();
  }

  async remove(): Promise<void> {
    await this.broker.close();
    rmSync(this.folder, { recursive: true, force: true });
    this.fleet.remove();
  }

  later(end: () => unknown): void {
    this.#ends.push(end);
  }

  newSocketPath(): string {
    return join(this.folder, `agent-${++this.#agents}.sock`);
  }

  async agent(options: Partial<AgentOptions> = {}): Promise<Agent> {
    const agent = await startAgent({
      part: this.part.host,
      policy: 'fleet',
      host: '127.0.0.1',
      port: this.brokerPort,
      serverName: SERVER_NAME,
      listen: { kind: 'unix', path: this.newSocketPath() },
      evidence: 'offered',
      watchMs: 50,
      log: (event) => this.events.push(event),
      ...options,
    });
    this.later(() => agent.close());
    return agent;
  }

  /** MQTT.js at an agent. */
  client(agent: Agent, options: IClientOptions = {}): MqttClient {
    const client = new MqttClient(() => openPlace(agent.place), {
      protocolVersion: 5,
      clientId: 'js',
      reconnectPeriod: 0,
      ...options,
    });
    client.on('error', () => undefined);
    this.later(() => void client.end(true));
    return client;
  }

  /** A client that says what no library would. */
  raw(agent: Agent): RawClient {
    const socket = openPlace(agent.place);
    this.later(() => socket.destroy());
    const packets: Packet[] = [];
    const reader = parser({ protocolVersion: 5 });
    reader.on('packet', (packet) => {
      packets.push(packet);
      socket.emit('packet');
    });
    socket.on('data', (chunk) => reader.parse(chunk));
    socket.on('error', () => undefined);
    socket.once('end', () => socket.emit('packet'));
    const next = async (): Promise<Packet> => {
      if (packets.length === 0) await once(socket, 'packet');
      const packet = packets.shift();
      if (packet === undefined) throw new Error('the connection has ended');
      return packet;
    };
    return { socket, send: (packet) => void socket.write(generate(packet, { protocolVersion: 5 })), next };
  }

  /** An application beside the device, over TLS of Node. */
  async application(): Promise<MqttClient> {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { 'client-ca': issuer, root } = this.fleet.fleet.authorities;
    const certificate = await issueClientCertificate({
      issuer,
      subject: { organization: 'home', commonName: 'app' },
      publicKey: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })),
      validity: { fromMs: Date.now() - 60_000, untilMs: Date.now() + 3_600_000 },
      identity: 'urn:keystile:home:application:app',
    });
    const dial = () =>
      connectTls({
        host: '127.0.0.1',
        port: this.brokerPort,
        servername: SERVER_NAME,
        ca: root.pem,
        key: privateKey.export({ format: 'pem', type: 'pkcs8' }),
        cert: certificate.pem,
      });
    const client = new MqttClient(dial, { protocolVersion: 5, clientId: 'app', reconnectPeriod: 0 });
    this.later(() => void client.end(true));
    await heard(client, 'connect');
    return client;
  }

  /** Resolves with the event once the agent has logged it. */
  async logged(wanted: RegExp): Promise<AgentEvent> {
    for (let attempt = 0; attempt < 250; attempt++) {
      const found = this.events.find((event) => wanted.test(JSON.stringify(event)));
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.fail(`no ${wanted} in ${JSON.stringify(this.events)}`);
  }
}

/** What a client emits next; the types of MQTT.js do not say that it is an emitter of Node's. */
export function heard(client: MqttClient, event: 'connect' | 'disconnect' | 'error' | 'message'): Promise<unknown[]> {
  return once(client as unknown as EventEmitter, event);
}

function openPlace(place: string): Socket {
  const path = place.replace(/^unix:/, '');
  return place.startsWith('unix:') ? connect(path) : connect(Number(place.split(':').at(-1)), '127.0.0.1');
}

/** Why Mosquitto's clients cannot be used here. */
export function mosquittoMissing(): string | undefined {
  const { stdout } = spawnSync('mosquitto_pub', ['--help'], { encoding: 'utf8' });
  if (typeof stdout !== 'string') return 'mosquitto_pub is not installed';
  return stdout.includes('--unix') ? undefined : 'this mosquitto_pub knows no Unix sockets';
}

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One of Mosquitto's clients on the agent's socket, as it comes from its package. */
export async function mosquitto(program: string, place: string, args: readonly string[]): Promise<Ran> {
  const where = place.startsWith('unix:')
    ? ['--unix', place.slice(5)]
    : ['-h', '127.0.0.1', '-p', place.split(':').at(-1) ?? ''];
  const child = spawn(program, [...where, ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 15_000 });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code, stdout, stderr };
}
