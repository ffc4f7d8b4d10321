import { X509Certificate } from 'node:crypto';
import { KeystileError } from '@keystile/errors';
import { parsePrivateKey, readFleetRecord } from '../state/fleet-record.ts';
import {
  type CertificateAuthorityName,
  certificateAuthorities,
  certificateAuthorityPaths,
  statementKeyPath,
  statementKeys,
} from '../state/layout.ts';
import { readKeyFile, readStateFile } from '../state/private-file.ts';
import type { CertificateAuthority, Fleet } from './fleet.ts';

/**
 * Opens a fleet for a ceremony: reads every key, refuses open modes, missing files and certificates that do not hold
 * the key beside them. Throws KS-A100, KS-A101, KS-A104 or KS-A105.
 */
export async function openFleet(folder: string): Promise<Fleet> {
  const { name, createdAtMs } = await readFleetRecord(folder);
  const authorities = await mapNames(certificateAuthorities, (each) => openAuthority(folder, each));
  const keys = await mapNames(statementKeys, async (each) => {
    const path = statementKeyPath(folder, each);
    return parsePrivateKey(path, await readKeyFile(path));
  });
  const { fingerprint256 } = new X509Certificate(authorities.root.der);
  return { name, folder, createdAtMs, rootFingerprint: fingerprint256, authorities, keys };
}

async function openAuthority(folder: string, name: CertificateAuthorityName): Promise<CertificateAuthority> {
  const paths = certificateAuthorityPaths(folder, name);
  const key = parsePrivateKey(paths.key, await readKeyFile(paths.key));
  const pem = await readStateFile(paths.certificate);
  const certificate = parseCertificate(paths.certificate, pem);
  if (!certificate.checkPrivateKey(key)) {
    throw new KeystileError('KS-A104', `${paths.certificate} does not hold the key in ${paths.key}`);
  }
  return { der: new Uint8Array(certificate.raw), pem, key };
}

export function parseCertificate(path: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new KeystileError('KS-A104', `${path} is not a certificate`, { cause });
  }
}

async function mapNames<Name extends string, T>(
  names: readonly Name[],
  open: (name: Name) => Promise<T>,
): Promise<Record<Name, T>> {
  const entries = await Promise.all(names.map(async (name) => [name, await open(name)] as const));
  return Object.fromEntries(entries) as Record<Name, T>;
}
