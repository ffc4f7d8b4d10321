import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { KeystileError } from '@keystile/errors';

/** Files that the configuration names. Read once at the start; nothing here is kept open. */

/** Permissions of group and others. */
const OPEN_TO_OTHERS = 0o077;

export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new KeystileError('KS-B102', `${path}: ${reasonOf(cause)}`, { cause });
  }
}

/** PEM of a private key that nobody but its owner can reach; `KS-B101` otherwise. */
export function readPrivateKey(path: string): string {
  let mode: number;
  try {
    ({ mode } = lstatSync(path));
  } catch (cause) {
    throw new KeystileError('KS-B102', `${path}: ${reasonOf(cause)}`, { cause });
  }
  if ((mode & OPEN_TO_OTHERS) !== 0) {
    throw new KeystileError('KS-B101', `${path} has mode ${(mode & 0o777).toString(8).padStart(4, '0')}`);
  }
  const pem = readText(path);
  usable(path, () => createPrivateKey(pem));
  return pem;
}

/** PEM of a certificate, and its chain after it, that belongs to the key. */
export function readCertificateOf(path: string, keyPem: string): string {
  const pem = readText(path);
  const certificate = usable(path, () => new X509Certificate(pem));
  if (!certificate.checkPrivateKey(createPrivateKey(keyPem))) {
    throw new KeystileError('KS-B105', `${path} does not belong to the key beside it`);
  }
  return pem;
}

/** PEM of one certificate or more. */
export function readCertificates(path: string): string {
  const pem = readText(path);
  usable(path, () => new X509Certificate(pem));
  return pem;
}

/** Each certificate of a PEM text, DER. */
export function certificatesOf(pem: string): readonly Uint8Array[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new Uint8Array(new X509Certificate(block).raw));
}

export function readPublicKey(path: string): KeyObject {
  const pem = readText(path);
  return usable(path, () => createPublicKey(pem));
}

function usable<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new KeystileError('KS-B105', `${path}: ${reasonOf(cause)}`, { cause });
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
