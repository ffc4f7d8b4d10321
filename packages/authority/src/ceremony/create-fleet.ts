import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KeystileError } from '@keystile/errors';
import type { Clock } from '../state/clock.ts';
import {
  type CertificateAuthorityName,
  certificateAuthorityPaths,
  fleetFilePath,
  statementKeyPath,
  statementKeys,
} from '../state/layout.ts';
import { parseIdentityName } from '../state/names.ts';
import { makePrivateFolder, writeKeyFile, writePublicFile } from '../state/private-file.ts';
import { issueFleetRoot, issueIssuingCa, issueMakerCa } from './certificate-profiles.ts';
import type { CertificateAuthority, Fleet } from './fleet.ts';
import { openFleet } from './open-fleet.ts';

/**
 * The root ceremony: every key of a new fleet, once.
 *
 *   fleet root (pathLen 1) ─┬─ device CA   devices' IDevID and LDevID; no DNS name or address can be in its certificates
 *                           ├─ server CA   broker and console
 *                           └─ client CA   applications, operators, services
 *   maker CA                 attestation keys of parts; under no fleet's root
 *
 * `fleet.json` is written last: a folder with keys and without it is a ceremony that was cut short, and is refused.
 */
export interface FleetOptions {
  /** The authority's folder; it must be empty or absent. */
  readonly folder: string;
  readonly name: string;
  readonly now: Clock;
}

export async function createFleet(options: FleetOptions): Promise<Fleet> {
  const { folder } = options;
  const name = parseIdentityName(options.name);
  await refuseUsedFolder(folder);
  await makePrivateFolder(folder);
  const nowMs = options.now();

  const root = await issueFleetRoot({ key: newKey(), fleet: name, nowMs });
  await writeAuthority(folder, 'root', root);
  for (const issuing of ['device-ca', 'server-ca', 'client-ca'] as const) {
    const ca = await issueIssuingCa(issuing, { key: newKey(), fleet: name, nowMs, root });
    await writeAuthority(folder, issuing, ca);
  }
  await writeAuthority(folder, 'maker-ca', await issueMakerCa({ key: newKey(), fleet: name, nowMs }));
  for (const key of statementKeys) await writeStatementKey(folder, key);

  const record = { format: 1, name, createdAt: new Date(nowMs).toISOString() };
  await writePublicFile(fleetFilePath(folder), `${JSON.stringify(record, undefined, 2)}\n`);
  return openFleet(folder);
}

async function refuseUsedFolder(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((): string[] => []);
  if (entries.length === 0) return;
  if (entries.includes('fleet.json')) throw new KeystileError('KS-A102', `${folder} holds a fleet already`);
  throw new KeystileError('KS-A100', `${folder} holds a half-written fleet: its ceremony was cut short`);
}

async function writeAuthority(folder: string, name: CertificateAuthorityName, ca: CertificateAuthority): Promise<void> {
  const paths = certificateAuthorityPaths(folder, name);
  await makePrivateFolder(paths.folder);
  await writeKeyFile(paths.key, privatePem(ca.key));
  await writePublicFile(paths.certificate, ca.pem);
}

async function writeStatementKey(folder: string, name: (typeof statementKeys)[number]): Promise<void> {
  const path = statementKeyPath(folder, name);
  await makePrivateFolder(dirname(path));
  await writeKeyFile(path, privatePem(newKey()));
}

/** P-256 everywhere: it is what every part and every TLS stack in the field can do. */
export function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

export function privatePem(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' }).toString();
}
