import 'reflect-metadata';
import { spawnSync } from 'node:child_process';
import { type KeyObject, webcrypto, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CertificateAuthority } from '@keystile/pki/issue';
import * as x509 from '@peculiar/x509';

/**
 * What a CA of a test says about its certificates: lists by `@peculiar/x509`, OCSP answers by `openssl ocsp`. Neither
 * shares a line with the validator that reads them.
 */
export interface ListRequest {
  /** Serial numbers, hexadecimal. */
  readonly revoked?: readonly string[];
  readonly fromMs: number;
  readonly untilMs: number;
}

const HOUR_MS = 3_600_000;
const es256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const CRL_NUMBER = '2.5.29.20';

/** A CRL, DER. */
export async function revocationList(issuer: CertificateAuthority, request: ListRequest): Promise<Uint8Array> {
  const certificate = new x509.X509Certificate(issuer.der);
  const list = await x509.X509CrlGenerator.create({
    issuer: certificate.subjectName.toJSON(),
    thisUpdate: new Date(request.fromMs),
    nextUpdate: new Date(request.untilMs),
    entries: (request.revoked ?? []).map((serialNumber) => ({
      serialNumber,
      revocationDate: new Date(request.fromMs),
      reason: x509.X509CrlReason.keyCompromise,
    })),
    extensions: [
      await x509.AuthorityKeyIdentifierExtension.create(certificate.publicKey),
      new x509.Extension(CRL_NUMBER, false, Uint8Array.of(0x02, 0x01, 0x01)),
    ],
    signingAlgorithm: es256,
    signingKey: await importPrivate(issuer.key),
  });
  return new Uint8Array(list.rawData);
}

/** Why {@link ocspAnswer} cannot work here, as a test's `skip` wants it. */
export const opensslMissing: string | false =
  spawnSync('openssl', ['version']).status === 0 ? false : 'no openssl command';

/** An OCSPResponse, DER, about a server's certificate (PEM), by its issuer, as of the machine's time and good for a day. */
export function ocspAnswer(issuer: CertificateAuthority, certificate: string, status: 'good' | 'revoked'): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'ks-ocsp-'));
  try {
    writeFileSync(join(folder, 'ca.pem'), issuer.pem);
    writeFileSync(join(folder, 'ca.key'), pemOf(issuer.key), { mode: 0o600 });
    writeFileSync(join(folder, 'server.pem'), certificate);
    writeFileSync(join(folder, 'index.txt'), databaseLine(certificate, status));
    const responder = ['-index', 'index.txt', '-CA', 'ca.pem', '-rsigner', 'ca.pem', '-rkey', 'ca.key', '-ndays', '1'];
    const request = ['-issuer', 'ca.pem', '-cert', 'server.pem', '-no_nonce', '-noverify', '-respout', 'answer.der'];
    const { status: exit, stderr } = spawnSync('openssl', ['ocsp', ...responder, ...request], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 20_000,
    });
    if (exit !== 0) throw new Error(`openssl ocsp: ${stderr}`);
    return new Uint8Array(readFileSync(join(folder, 'answer.der')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The text database of `openssl ca`: state, end of validity, revocation with its reason, serial number, file, name. */
function databaseLine(pem: string, status: 'good' | 'revoked'): string {
  const stamp = (ms: number): string => `${new Date(ms).toISOString().slice(2, 19).replaceAll(/\D/g, '')}Z`;
  const endMs = Date.parse(new X509Certificate(pem).validTo);
  const revocation = status === 'revoked' ? `${stamp(Date.now() - HOUR_MS)},keyCompromise` : '';
  const state = status === 'revoked' ? 'R' : 'V';
  return `${state}\t${stamp(endMs)}\t${revocation}\t${serialNumberOf(pem)}\tunknown\t/CN=server\n`;
}

/** Of the first certificate in a PEM text. */
export function serialNumberOf(pem: string): string {
  return new X509Certificate(pem).serialNumber;
}

function importPrivate(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const bytes = new Uint8Array(key.export({ format: 'der', type: 'pkcs8' }));
  return webcrypto.subtle.importKey('pkcs8', bytes, es256, false, ['sign']);
}

function pemOf(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' }).toString();
}
