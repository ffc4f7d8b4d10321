import { join } from 'node:path';

/**
 * Where the authority's files lie below the home folder. Names only: nothing here touches the disk.
 *
 * The service that faces the network reads `console`, `service`, `keys/token.pem`, `keys/time.pem`, `fleet.json`,
 * `registry.json` and the root's *certificate*. Everything else is for ceremonies.
 */
export const certificateAuthorities = ['root', 'device-ca', 'server-ca', 'client-ca', 'maker-ca'] as const;
export type CertificateAuthorityName = (typeof certificateAuthorities)[number];

/**
 * Keys that sign statements; they have no certificate. Parts are committed to `administrator-next`: it is for the day on
 * which `administrator` is lost or stolen, and for nothing before.
 */
export const statementKeys = [
  'boot',
  'time',
  'token',
  'administrator',
  'administrator-next',
  'receipt',
  'line',
] as const;
export type StatementKeyName = (typeof statementKeys)[number];

/** Programs with a certificate of their own. */
export const credentialNames = ['broker', 'console', 'service', 'operator'] as const;
export type CredentialName = (typeof credentialNames)[number];

/** Who the service process is to the broker, and who the owner of the home is. */
export const SERVICE_ID = 'authority';
export const OPERATOR_ID = 'cli';
/** Who a browser is that signed in by a one-time link. */
export const CONSOLE_OPERATOR_ID = 'console';

export interface KeyAndCertificatePaths {
  readonly folder: string;
  readonly key: string;
  /** The certificate and, for an end entity, its issuing CA after it: what a TLS server or client presents. */
  readonly certificate: string;
}

export function authorityFolder(home: string): string {
  return join(home, 'authority');
}

function keyAndCertificate(folder: string): KeyAndCertificatePaths {
  return { folder, key: join(folder, 'key.pem'), certificate: join(folder, 'cert.pem') };
}

export function credentialPaths(home: string, name: CredentialName): KeyAndCertificatePaths {
  const within = name === 'broker' || name === 'operator' ? home : authorityFolder(home);
  return keyAndCertificate(join(within, name));
}

export function certificateAuthorityPaths(folder: string, name: CertificateAuthorityName): KeyAndCertificatePaths {
  return keyAndCertificate(join(folder, name));
}

export function statementKeyPath(folder: string, name: StatementKeyName): string {
  return join(folder, 'keys', `${name}.pem`);
}

/** Written last: its absence beside other files means that the ceremony was cut short. */
export function fleetFilePath(folder: string): string {
  return join(folder, 'fleet.json');
}

export function registryPath(folder: string): string {
  return join(folder, 'registry.json');
}

export function lotsFolder(folder: string): string {
  return join(folder, 'lots');
}

export function controlSocketPath(home: string): string {
  return join(home, 'run', 'authority.sock');
}
