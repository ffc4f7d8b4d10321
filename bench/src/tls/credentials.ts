import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { issueClientCertificate, issueIssuingCa, issueRootCa, issueServerCertificate } from '@keystile/pki/issue';
import { serverName } from './server-name.ts';

/** What server and clients show and trust, as PEM text. */
export interface Credentials {
  readonly root: string;
  readonly server: Credential;
  readonly client: Credential;
}

export interface Credential {
  /** The leaf and the issuing CA. */
  readonly chain: string;
  readonly key: string;
}

/** A root, an issuing CA for servers, another for devices, and one leaf of each: the shape that the product's own have. */
export async function makeCredentials(nowMs: number): Promise<Credentials> {
  const hourMs = 3_600_000;
  const validity = { fromMs: nowMs - hourMs, untilMs: nowMs + 24 * hourMs };
  const subject = (commonName: string) => ({ organization: 'bench', commonName });
  const root = await issueRootCa({ key: newKey(), subject: subject('root'), validity, pathLengthMax: 1 });
  const under = { issuer: root, validity };
  const servers = await issueIssuingCa({ ...under, key: newKey(), subject: subject('servers') });
  const devices = await issueIssuingCa({ ...under, key: newKey(), subject: subject('devices'), devicesOf: 'bench' });
  const [serverKey, clientKey] = [newKey(), newKey()];
  const server = await issueServerCertificate({
    ...{ issuer: servers, validity, subject: subject('server') },
    publicKey: spkiOf(serverKey),
    names: [serverName],
  });
  const client = await issueClientCertificate({
    ...{ issuer: devices, validity, subject: subject('device') },
    publicKey: spkiOf(clientKey),
    identity: 'urn:keystile:bench:device:d1',
  });
  return {
    root: root.pem,
    server: { chain: server.pem, key: pemOf(serverKey) },
    client: { chain: client.pem, key: pemOf(clientKey) },
  };
}

function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

function spkiOf(key: KeyObject): Uint8Array {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
