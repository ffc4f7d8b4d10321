import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { parsePrivateKey } from '../state/fleet-record.ts';
import {
  type CredentialName,
  credentialNames,
  credentialPaths,
  type KeyAndCertificatePaths,
  OPERATOR_ID,
  SERVICE_ID,
} from '../state/layout.ts';
import {
  exists,
  makePrivateFolder,
  readKeyFile,
  readStateFile,
  writeKeyFile,
  writePublicFile,
} from '../state/private-file.ts';
import { publicKeyDer, publicKeyPem } from '../state/signer.ts';
import { type IssuedCertificate, issueClient, issueServer } from './certificate-profiles.ts';
import { newKey, privatePem } from './create-fleet.ts';
import type { Fleet } from './fleet.ts';
import { parseCertificate } from './open-fleet.ts';

/**
 * The programs' own certificates: broker, console, service and operator. Issued at the first start, used again at the
 * next, and issued anew (with a new key) once two thirds of their life are over, or when the root is another one.
 */
export interface Credentials {
  readonly fleet: Fleet;
  readonly home: string;
  /** Names and addresses of the broker beside localhost. */
  readonly serverNames?: readonly string[];
  readonly nowMs: number;
}

export interface CredentialState {
  readonly name: CredentialName;
  readonly folder: string;
  readonly expiresAtMs: number;
  /** Whether it was issued now. */
  readonly issued: boolean;
}

const LOCAL_NAMES = ['localhost', '127.0.0.1', '::1'] as const;
/** Renewed after this share of its life, so that one failed start does not end in an expired certificate. */
const RENEW_AFTER = 2 / 3;

/** Leaves the four certificates, the broker's client anchors and its copy of the token key valid and on disk. */
export async function ensureCredentials(credentials: Credentials): Promise<readonly CredentialState[]> {
  const states: CredentialState[] = [];
  for (const name of credentialNames) states.push(await ensure(name, credentials));
  await writeBrokerAnchors(credentials);
  return states;
}

async function ensure(name: CredentialName, credentials: Credentials): Promise<CredentialState> {
  const paths = credentialPaths(credentials.home, name);
  const present = await readPresent(paths);
  if (present !== undefined && isCurrent(present, name, credentials)) {
    return { name, folder: paths.folder, expiresAtMs: present.validToDate.getTime(), issued: false };
  }
  const key = newKey();
  const issued = await issue(name, credentials, publicKeyDer(key));
  await makePrivateFolder(paths.folder);
  await writeKeyFile(paths.key, privatePem(key));
  await writePublicFile(paths.certificate, issued.pem);
  return { name, folder: paths.folder, expiresAtMs: issued.expiresAt.getTime(), issued: true };
}

function issue(
  name: CredentialName,
  { fleet, serverNames, nowMs }: Credentials,
  publicKey: Uint8Array,
): Promise<IssuedCertificate> {
  const leaf = { fleet, publicKey, nowMs };
  switch (name) {
    case 'broker':
      return issueServer(leaf, [...LOCAL_NAMES, ...(serverNames ?? [])]);
    case 'console':
      return issueServer(leaf, LOCAL_NAMES);
    case 'service':
      return issueClient(leaf, { role: 'service', id: SERVICE_ID });
    case 'operator':
      return issueClient(leaf, { role: 'operator', id: OPERATOR_ID });
  }
}

/** The certificate that lies there; `undefined` when none does. A key without its certificate is a cut-off issue: made anew. */
async function readPresent(paths: KeyAndCertificatePaths): Promise<X509Certificate | undefined> {
  if (!(await exists(paths.key)) || !(await exists(paths.certificate))) return undefined;
  const key = parsePrivateKey(paths.key, await readKeyFile(paths.key));
  const certificate = parseCertificate(paths.certificate, await readStateFile(paths.certificate));
  return certificate.checkPrivateKey(key) ? certificate : undefined;
}

function isCurrent(
  certificate: X509Certificate,
  name: CredentialName,
  { fleet, serverNames, nowMs }: Credentials,
): boolean {
  const issuer = name === 'broker' || name === 'console' ? 'server-ca' : 'client-ca';
  const authority = new X509Certificate(fleet.authorities[issuer].der);
  if (!certificate.verify(authority.publicKey)) return false;
  if (name === 'broker' && !(serverNames ?? []).every((each) => coversName(certificate, each))) return false;
  const from = certificate.validFromDate.getTime();
  const life = certificate.validToDate.getTime() - from;
  return nowMs >= from && nowMs < from + life * RENEW_AFTER;
}

function coversName(certificate: X509Certificate, name: string): boolean {
  return (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
}

/**
 * Whom the broker lets in: the issuing CAs of clients, with the root that OpenSSL wants at the end of a path, and each
 * issuing CA alone, since its key decides which fleet and roles a certificate may name.
 */
async function writeBrokerAnchors({ fleet, home }: Credentials): Promise<void> {
  const { folder } = credentialPaths(home, 'broker');
  const { authorities, keys } = fleet;
  const anchors = [authorities.root, authorities['device-ca'], authorities['client-ca']];
  await writePublicFile(join(folder, 'client-anchors.pem'), anchors.map(({ pem }) => pem).join(''));
  for (const name of ['device-ca', 'client-ca'] as const) {
    await writePublicFile(join(folder, `${name}.pem`), authorities[name].pem);
  }
  // Whose word about a part counts; no certificate of a client ends here.
  await writePublicFile(join(folder, 'maker-ca.pem'), authorities['maker-ca'].pem);
  await writePublicFile(join(folder, 'token-key.pem'), publicKeyPem(keys.token));
}
