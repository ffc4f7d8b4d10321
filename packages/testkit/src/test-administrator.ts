import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import type { PartCaller } from '@keystile/authority';
import {
  type AdministrationResponse,
  type AdministratorCommand,
  type AdministratorOperation,
  administrationResponse,
  administratorCommand,
  commitReceipt,
} from '@keystile/cose';
import { commands } from '@keystile/link';
import type { TestClock } from './clock.ts';
import { es256Signer } from './es256-signer.ts';

export interface AdministratorKeys {
  readonly current: KeyObject;
  /** The successor that parts are committed to. */
  readonly next: KeyObject;
  /** What the authority signs commit receipts with. */
  readonly receipt: KeyObject;
}

/** Where a command differs from a right one. */
export type CommandChanges = Partial<Omit<AdministratorCommand, 'operations'>> & {
  /** Signs in place of the current key. */
  readonly key?: KeyObject;
};

const HOUR_MS = 3_600_000;

/** The remote administrator, and the authority that answers him: builds commands and receipts, and signs them. */
export class TestAdministrator {
  readonly keys: AdministratorKeys;
  readonly #clock: TestClock;
  #sequence = 0;

  constructor(keys: AdministratorKeys, clock: TestClock) {
    this.keys = keys;
    this.#clock = clock;
  }

  /** A signed command for this part: at once and with a fresh nonce, unless `changes` say otherwise. */
  async command(
    part: PartCaller,
    operations: readonly AdministratorOperation[],
    changes: CommandChanges = {},
  ): Promise<Uint8Array> {
    const { key = this.keys.current, ...rest } = changes;
    const { serial } = await part.call(commands.info, {});
    const { anchorsDigest } = await part.call(commands.status, {});
    const { nonce } = rest.nonce === undefined ? await part.call(commands.adminChallenge, {}) : rest;
    const stated: AdministratorCommand = {
      effect: 'at-once',
      targetKind: 'part',
      target: serial,
      sequence: ++this.#sequence,
      expiresAtMs: this.#clock.ms + HOUR_MS,
      anchorsDigest: anchorsDigest.slice(),
      operations,
      proofServerNames: [],
      windowPoweredS: 0,
      windowResets: 0,
      ...rest,
      nonce: nonce?.slice() ?? new Uint8Array(0),
    };
    return administratorCommand.sign(stated, es256Signer(key), keyDigestOf(key));
  }

  /** The same, staged: proved at `serverName` within an hour of powered time and three resets. */
  stagedCommand(
    part: PartCaller,
    operations: readonly AdministratorOperation[],
    { serverName, ...changes }: CommandChanges & { readonly serverName: string },
  ): Promise<Uint8Array> {
    const window = { windowPoweredS: HOUR_MS / 1000, windowResets: 3 };
    return this.command(part, operations, { effect: 'staged', proofServerNames: [serverName], ...window, ...changes });
  }

  async execute(part: PartCaller, command: Uint8Array): Promise<AdministrationResponse> {
    // A command that pairs the part with another host is the last that this one can send.
    const attestationKey = await attestationKeyOf(part);
    const { response } = await part.call(commands.adminExecute, { command });
    return administrationResponse.verify(response.slice(), attestationKey);
  }

  /** What the part says of the last command. */
  async status(part: PartCaller): Promise<AdministrationResponse> {
    const { response } = await part.call(commands.adminStatus, {});
    return administrationResponse.verify(response.slice(), await attestationKeyOf(part));
  }

  /** The authority's receipt over a proof, or what it claims to be one. */
  receipt(proved: AdministrationResponse, key: KeyObject = this.keys.receipt): Promise<Uint8Array> {
    const { serial, commandDigest } = proved;
    const proofDigest = sha256(administrationResponse.encode(proved));
    return commitReceipt.sign({ serial, commandDigest, proofDigest }, es256Signer(key));
  }

  async commit(part: PartCaller): Promise<AdministrationResponse> {
    const receipt = await this.receipt(await this.status(part));
    const { response } = await part.call(commands.adminReceipt, { receipt });
    return administrationResponse.verify(response.slice(), await attestationKeyOf(part));
  }
}

/** SHA-256 of the SubjectPublicKeyInfo. */
export function keyDigestOf(key: KeyObject): Uint8Array {
  return sha256(publicKeyOf(key));
}

/** SubjectPublicKeyInfo of a private key, DER. */
export function publicKeyOf(key: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }));
}

async function attestationKeyOf(part: PartCaller): Promise<Uint8Array> {
  const request = { object: 'attestation-public-key', offset: 0, lengthMax: 256 } as const;
  return (await part.call(commands.read, request)).bytes.slice();
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}
