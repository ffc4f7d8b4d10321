import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fleetPolicy } from '@keystile/authority';
import type { Policy } from '@keystile/link';
import { issueClientCertificate } from '@keystile/pki/issue';
import { TestFleet } from '@keystile/testkit';
import type { Credentials } from '../tls/credentials.ts';
import { serverName } from '../tls/server-name.ts';
import { PartInField } from './part-in-field.ts';

/**
 * A fleet, its server, and devices of it: with their keys in parts, and one with its key in a file, whose certificate has
 * the same issuer and the same fields.
 */
export class BenchField {
  readonly credentials: Credentials;
  readonly #fleet: TestFleet;
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'ks-bench-'));
  readonly #parts: PartInField[] = [];

  private constructor(fleet: TestFleet, credentials: Credentials) {
    this.#fleet = fleet;
    this.credentials = credentials;
  }

  static async create(): Promise<BenchField> {
    const fleet = await TestFleet.create();
    return new BenchField(fleet, await credentialsOf(fleet));
  }

  /** A virtual part in its process, provisioned and booted. */
  async part(isPaired: boolean): Promise<PartInField> {
    const folder = join(this.#folder, String(this.#parts.length));
    const part = await PartInField.provisioned(folder, this.#fleet, { isPaired, policies: this.#policies });
    this.#parts.push(part);
    return part;
  }

  async end(): Promise<void> {
    for (const part of this.#parts) await part.stop();
    rmSync(this.#folder, { recursive: true, force: true });
    this.#fleet.remove();
  }

  get #policies(): readonly Policy[] {
    return [fleetPolicy({ root: this.#fleet.fleet.authorities.root.der, serverNames: [serverName] })];
  }
}

const DAY_MS = 86_400_000;

async function credentialsOf(fleet: TestFleet): Promise<Credentials> {
  const { authorities, name } = fleet.fleet;
  const server = await fleet.server({ names: [serverName] });
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const client = await issueClientCertificate({
    issuer: authorities['device-ca'],
    subject: { organization: name, commonName: 'KS-000000' },
    publicKey: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })),
    validity: { fromMs: fleet.clock.ms - DAY_MS, untilMs: fleet.clock.ms + DAY_MS },
    identity: `urn:keystile:${name}:device:KS-000000`,
  });
  return {
    root: authorities.root.pem,
    server: { chain: server.cert, key: server.key },
    client: { chain: client.pem, key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() },
  };
}
