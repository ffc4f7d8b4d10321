import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import {
  createFleet,
  type Fleet,
  fleetPolicy,
  type Line,
  makePart,
  type PairableCaller,
  type PartCaller,
  type ProvisionedDevice,
  provisionPart,
  provisionUnpairedPart,
  Registry,
  recoveryPolicy,
  signRelease,
  signTimeToken,
} from '@keystile/authority';
import { type BootImages, bootPart, type LaterStage, type Part } from '@keystile/device';
import { commands, type Policy } from '@keystile/link';
import type { CertificateAuthority } from '@keystile/pki/issue';
import { TestClock } from './clock.ts';
import { type RenewalRequest, renewedChain } from './renewal.ts';
import { issueServerCredential, type ServerCredential, type ServerRequest } from './server-credential.ts';
import { TestAdministrator } from './test-administrator.ts';

/** The name that the policies of a test fleet allow beside `localhost`. */
export const SERVER_NAME = 'broker.test';

const MODEL = 'KS-AC-1';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface ReleaseOptions {
  readonly firmwareVersion?: number;
  readonly configurationVersion?: number;
  readonly model?: string;
  readonly firmware?: Uint8Array;
  readonly configuration?: Uint8Array;
  /** Named by the manifest, and reported by whoever boots with it. */
  readonly laterStages?: readonly LaterStage[];
}

/**
 * A fleet with every key, as a ceremony leaves it, and a factory line on it. Its parts hold two policies: `fleet`, which
 * shows the LDevID certificate, and `recovery`, which shows none.
 */
export class TestFleet {
  readonly fleet: Fleet;
  readonly clock: TestClock;
  readonly registry: Registry;
  readonly #folder: string;
  #made = 0;

  private constructor(fleet: Fleet, clock: TestClock, registry: Registry, folder: string) {
    this.fleet = fleet;
    this.clock = clock;
    this.registry = registry;
    this.#folder = folder;
  }

  static async create(clock: TestClock = new TestClock()): Promise<TestFleet> {
    const folder = mkdtempSync(join(tmpdir(), 'ks-fleet-'));
    const fleet = await createFleet({ folder: join(folder, 'authority'), name: 'home', now: clock.now });
    return new TestFleet(fleet, clock, await Registry.open(join(folder, 'registry.json')), folder);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get policies(): readonly Policy[] {
    const scope = { root: this.fleet.authorities.root.der, serverNames: ['localhost', SERVER_NAME] };
    return [fleetPolicy(scope), recoveryPolicy(scope)];
  }

  /** The maker's step. Gives the serial number. */
  async make(part: PartCaller, serial: string = `KS-${String(++this.#made).padStart(6, '0')}`): Promise<string> {
    const { fleet, registry } = this;
    await makePart(part, { fleet, registry, serial, model: MODEL, now: this.clock.now });
    return serial;
  }

  /** The maker's step and the factory line: an unmade part becomes operational, and its host's alone. */
  async provision(part: PairableCaller, policies: readonly Policy[] = this.policies): Promise<ProvisionedDevice> {
    await this.make(part);
    return provisionPart(part, this.#line(policies));
  }

  /** The same for a part that is paired with nobody: what a bench compares with. */
  async provisionUnpaired(part: PartCaller, policies: readonly Policy[] = this.policies): Promise<ProvisionedDevice> {
    await this.make(part);
    return provisionUnpairedPart(part, this.#line(policies));
  }

  #line(policies: readonly Policy[]): Line {
    const { fleet, registry } = this;
    return { fleet, registry, model: MODEL, lot: 'lot-1', policies, now: this.clock.now };
  }

  /** Images and their signed manifests. */
  async release(options: ReleaseOptions = {}): Promise<BootImages> {
    const release = {
      model: options.model ?? MODEL,
      firmwareVersion: options.firmwareVersion ?? 1,
      configurationVersion: options.configurationVersion ?? 1,
      firmware: options.firmware ?? new Uint8Array(3000).fill(0xf1),
      configuration: options.configuration ?? new Uint8Array(200).fill(0xc0),
      laterStages: options.laterStages ?? [],
    };
    return { ...release, ...(await signRelease(this.fleet.keys.boot, release)) };
  }

  async boot(part: Part, options: ReleaseOptions = {}): Promise<void> {
    await bootPart(part, await this.release(options));
  }

  /** Has the part take a time token for `utcMs`. */
  async tellTime(part: PartCaller, utcMs: number): Promise<void> {
    const { serial } = await part.call(commands.info, {});
    const { nonce } = await part.call(commands.timeChallenge, {});
    const token = await signTimeToken(this.fleet.keys.time, { serial, nonce: nonce.slice(), nowMs: utcMs });
    await part.call(commands.timeToken, { token });
  }

  /** A server of this fleet, valid for a day on both sides of now. */
  server(request: Partial<ServerRequest> & { readonly issuer?: CertificateAuthority } = {}): Promise<ServerCredential> {
    return issueServerCredential(request.issuer ?? this.fleet.authorities['server-ca'], {
      names: [SERVER_NAME],
      fromMs: this.clock.ms - HOUR_MS,
      untilMs: this.clock.ms + DAY_MS,
      ...request,
    });
  }

  /** Its administrator, who has commanded nothing yet. */
  administrator(): TestAdministrator {
    const { administrator, 'administrator-next': next, receipt } = this.fleet.keys;
    return new TestAdministrator({ current: administrator, next, receipt }, this.clock);
  }

  /** A chain for a new key in the part's spare slot, as a renewal brings it; valid for 30 days. */
  renewal(part: PartCaller, request: Partial<RenewalRequest> = {}): Promise<readonly Uint8Array[]> {
    return renewedChain(part, { ...this.renewalRequest, ...request });
  }

  get renewalRequest(): RenewalRequest {
    const { authorities, name } = this.fleet;
    const { ms } = this.clock;
    return { issuer: authorities['device-ca'], fleet: name, fromMs: ms - HOUR_MS, untilMs: ms + 30 * DAY_MS };
  }

  /** What makes a server of OpenSSL demand a device certificate of this fleet. */
  get demandsDevice(): TlsOptions {
    const { root, 'device-ca': deviceCa } = this.fleet.authorities;
    return { requestCert: true, rejectUnauthorized: true, ca: [root.pem, deviceCa.pem] };
  }
}
