import { createPublicKey } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrokerEvent } from '../../src/log.ts';
import { parseConfiguration } from '../../src/node/configuration/read-configuration.ts';
import { type RunningBroker, startBroker } from '../../src/node/start-broker.ts';
import type { TestFleet } from './test-fleet.ts';

/** A broker with all of its edges, in this process, on free ports, in a folder of its own. */
export class TestBroker {
  readonly folder: string;
  readonly events: BrokerEvent[] = [];
  readonly faults: unknown[] = [];
  /** The text of its configuration. */
  toml = '';
  #running: RunningBroker | undefined;

  /** Of the wall clock: a test may let lists and certificates grow old. */
  laterMs = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async start(fleet: TestFleet, toml: string = tlsListeners): Promise<TestBroker> {
    const test = await TestBroker.prepare(fleet);
    await test.run(issuersOf(fleet) + toml);
    return test;
  }

  /** The folder alone, for a test that writes more into it before `run`. */
  static async prepare(fleet: TestFleet): Promise<TestBroker> {
    const test = new TestBroker(await mkdtemp(join(tmpdir(), 'ks-broker-')));
    await writeFleet(fleet, test.folder);
    return test;
  }

  /** Starts with a whole configuration, and takes what `toml` is then at a reload. */
  async run(toml: string): Promise<void> {
    this.toml = toml;
    this.#running = await startBroker({
      configuration: parseConfiguration(toml, 'test.toml'),
      reread: () => parseConfiguration(this.toml, 'test.toml'),
      folder: this.folder,
      insecureListeners: true,
      log: { event: (event) => this.events.push(event), fault: (...fault) => this.faults.push(fault) },
      now: () => Math.floor(performance.now()),
      utcNow: () => Date.now() + this.laterMs,
    });
  }

  /** Ends the program and keeps its folder. */
  async stop(): Promise<void> {
    await this.running.close();
  }

  get running(): RunningBroker {
    if (this.#running === undefined) throw new TypeError('not started');
    return this.#running;
  }

  port(kind: 'mqtts' | 'wss' | 'insecure'): number {
    const listening = this.running.listeners.find((each) => each.kind === kind);
    if (listening?.port === undefined) throw new TypeError(`no ${kind} listener`);
    return listening.port;
  }

  /** Codes of what was refused, oldest first. */
  get codes(): (string | undefined)[] {
    return this.events.filter(({ level }) => level === 'warn').map(({ code }) => code);
  }

  async close(): Promise<void> {
    await this.running.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

const credentials = `certificate = "cert.pem"
key = "key.pem"
`;
const anchors = 'client_anchors = "client-anchors.pem"\n';
const page = 'token_key = "token-key.pem"\norigins = ["https://console.example"]\n';

export function mqttsListener(more = ''): string {
  return `[[listener]]\nname = "devices"\nkind = "mqtts"\nport = 0\n${credentials}${anchors}${more}\n`;
}

export function wssListener(more = ''): string {
  return `[[listener]]\nname = "pages"\nkind = "wss"\nport = 0\n${credentials}${page}${more}\n`;
}

export function insecureListener(more = ''): string {
  return `[[listener]]\nname = "plain"\nkind = "insecure"\nport = 0\n${more}\n`;
}

/** These identities may do everything with what the filter matches. */
export function rulesFor(roles: readonly string[], filter: string): string {
  const rule = (action: string) =>
    `[[rule]]\nroles = ${JSON.stringify(roles)}\naction = "${action}"\neffect = "allow"\ntopics = ["${filter}"]\n`;
  return rule('publish') + rule('subscribe');
}

/** Takes certificates beside tokens. */
export const wssWithCertificates: string = wssListener(anchors);

const tlsListeners: string = mqttsListener() + wssListener();

/** What a broker's folder holds. */
export async function writeFleet(fleet: TestFleet, folder: string): Promise<void> {
  const { key, cert } = await fleet.server();
  const tokenKey = createPublicKey(fleet.tokenKey).export({ format: 'pem', type: 'spki' }).toString();
  const files = {
    'key.pem': key,
    'cert.pem': cert,
    'client-anchors.pem': fleet.anchors,
    'device-ca.pem': fleet.authorities['device-ca'].pem,
    'client-ca.pem': fleet.authorities['client-ca'].pem,
    'token-key.pem': tokenKey,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  await chmod(join(folder, 'key.pem'), 0o600);
}

export function issuersOf({ name }: TestFleet): string {
  return `[[issuer]]
name = "device-ca"
certificate = "device-ca.pem"
fleet = "${name}"
roles = ["device"]

[[issuer]]
name = "client-ca"
certificate = "client-ca.pem"
fleet = "${name}"
roles = ["application", "operator", "service"]

`;
}
