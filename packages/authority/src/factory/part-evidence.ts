import { X509Certificate } from 'node:crypto';
import { equalPublicBytes, toHex } from '@keystile/bytes';
import {
  type PairingEvidence,
  type ProvisionEvidence,
  pairingEvidence,
  provisionEvidence,
  type StatementKind,
} from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import { chainFields, decodeField, type PairingStatement } from '@keystile/link';
import { sha256 } from '../state/signer.ts';
import { type PartCaller, readObject } from './part-caller.ts';
import type { PartEntry } from './registry.ts';

/**
 * Whether a part is what it claims: its attestation key is certified by the maker CA, and the evidence that this key
 * signed is about this part, this nonce and a blank life cycle. Everything that fails here is KS-A114.
 */
export interface AttestationExpectation {
  readonly makerCertificate: X509Certificate;
  /** What the maker's step recorded of this part. */
  readonly made: PartEntry;
  readonly nowMs: number;
}

/** The certificate of the part's attestation key, verified under the maker CA and bound to serial number and record. */
export async function attestationCertificate(
  part: PartCaller,
  { makerCertificate, made, nowMs }: AttestationExpectation,
): Promise<X509Certificate> {
  const { serial } = made;
  const certificate = parseLeaf(await readObject(part, 'attestation-chain'));
  if (!certificate.checkIssued(makerCertificate) || !certificate.verify(makerCertificate.publicKey)) {
    throw wrong(`the attestation certificate of ${serial} was not issued by the maker CA`);
  }
  if (certificate.ca) throw wrong(`the attestation certificate of ${serial} is that of a CA`);
  if (nowMs < certificate.validFromDate.getTime() || nowMs > certificate.validToDate.getTime()) {
    throw wrong(`the attestation certificate of ${serial} is not valid today`);
  }
  if (commonNameOf(certificate) !== serial) {
    throw wrong(`the attestation certificate is that of ${commonNameOf(certificate)}, the part says it is ${serial}`);
  }
  const publicKey = new Uint8Array(certificate.publicKey.export({ format: 'der', type: 'spki' }));
  if (toHex(sha256(publicKey)) !== made.attestationKey) {
    throw wrong(`the attestation key is not the one that ${serial} had when it was made: there are two such parts`);
  }
  return certificate;
}

/** The claims of the evidence, once they are all about this part, this nonce and a blank life cycle. */
export function verifyEvidence(
  evidence: Uint8Array,
  attestation: X509Certificate,
  { made, lineNonce }: { readonly made: PartEntry; readonly lineNonce: Uint8Array },
): ProvisionEvidence {
  const claims = verifiedClaims(provisionEvidence, evidence, attestation);
  const { serial, model } = made;
  if (claims.serial !== serial) throw wrong(`the evidence is about ${claims.serial}, not ${serial}`);
  if (claims.model !== model) throw wrong(`the evidence is about model ${claims.model}, not ${model}`);
  if (!equalPublicBytes(claims.lineNonce, lineNonce)) throw wrong('the evidence answers another line nonce');
  if (claims.lifeCycle !== 'blank') throw wrong(`the evidence says that the part is ${claims.lifeCycle}, not blank`);
  for (const slot of ['idevid', 'ldevid'] as const) {
    if (claims.keys.filter((key) => key.slot === slot).length !== 1) {
      throw wrong(`the evidence does not name exactly one key in slot ${slot}`);
    }
  }
  return claims;
}

/**
 * Whether the part has met, in this session, the very keys that the host has met: the statement of its attestation key
 * over what it saw is that over what the host saw, so nobody stands between the two.
 */
export function checkPairing(
  { evidence, ...seen }: PairingStatement,
  attestation: X509Certificate,
  { made, lineNonce }: { readonly made: PartEntry; readonly lineNonce: Uint8Array },
): PairingEvidence {
  const claims = verifiedClaims(pairingEvidence, evidence, attestation);
  if (claims.serial !== made.serial) throw wrong(`the pairing is stated by ${claims.serial}, not ${made.serial}`);
  if (!equalPublicBytes(claims.lineNonce, lineNonce)) throw wrong('the pairing answers another line nonce');
  const isSame =
    equalPublicBytes(claims.hostKeyDigest, sha256(seen.hostKey)) &&
    equalPublicBytes(claims.partKeyDigest, sha256(seen.partKey)) &&
    equalPublicBytes(claims.transcript, seen.transcript);
  if (!isSame) throw wrong('host and part have not met each other, but something between them');
  return claims;
}

function verifiedClaims<T>(kind: StatementKind<T>, evidence: Uint8Array, attestation: X509Certificate): T {
  try {
    return kind.verify(evidence, attestation.publicKey);
  } catch (cause) {
    if (cause instanceof KeystileError) throw wrong(`${cause.detail} (${cause.code})`, cause);
    throw cause;
  }
}

/** The digest that the evidence gives for the key in a slot, hexadecimal. */
export function attestedKey(evidence: ProvisionEvidence, slot: 'idevid' | 'ldevid'): string {
  const key = evidence.keys.find((each) => each.slot === slot);
  if (key === undefined) throw wrong(`the evidence names no key in slot ${slot}`);
  return toHex(key.publicKeyDigest);
}

function parseLeaf(chain: Uint8Array): X509Certificate {
  try {
    const [leaf] = decodeField(chainFields, chain);
    if (leaf === undefined) throw new TypeError('an empty chain');
    return new X509Certificate(leaf);
  } catch (cause) {
    throw wrong('the attestation chain of the part does not parse', cause);
  }
}

function commonNameOf(certificate: X509Certificate): string | undefined {
  return certificate.subject
    .split('\n')
    .find((line) => line.startsWith('CN='))
    ?.slice(3);
}

function wrong(detail: string, cause?: unknown): KeystileError {
  return new KeystileError('KS-A114', detail, cause === undefined ? undefined : { cause });
}
