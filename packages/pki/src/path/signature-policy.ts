import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { KeystileError } from '@keystile/errors';
import type { Certificate } from './certificate.ts';
import { DerReader, objectIdentifierOf, openElement, tags } from './der.ts';

/**
 * Which signatures and keys a path may have. The product's set is ECDSA on P-256 and P-384 with the matching hash; a
 * wider one exists only in tests of the path logic and is not exported from the package.
 */
export interface SignaturePolicy {
  /** Hash by the object identifier of the signature algorithm. */
  readonly hashes: Readonly<Record<string, string>>;
  /** Whether a public key of this kind may appear in a path. */
  acceptsKey(kind: KeyKind): boolean;
}

export interface KeyKind {
  /** Object identifier of the key's algorithm. */
  readonly algorithm: string;
  /** Object identifier of the named curve, for elliptic curve keys. */
  readonly curve: string | undefined;
}

const EC_PUBLIC_KEY = '1.2.840.10045.2.1';
const CURVE_P256 = '1.2.840.10045.3.1.7';
const CURVE_P384 = '1.3.132.0.34';

export const productSignatures: SignaturePolicy = {
  hashes: {
    '1.2.840.10045.4.3.2': 'sha256',
    '1.2.840.10045.4.3.3': 'sha384',
  },
  acceptsKey: ({ algorithm, curve }) => algorithm === EC_PUBLIC_KEY && (curve === CURVE_P256 || curve === CURVE_P384),
};

/** What kind of key a SubjectPublicKeyInfo holds. Throws `KS-P100`. */
export function keyKindOf(spki: Uint8Array): KeyKind {
  const algorithm = openElement(spki, tags.sequence).enter(tags.sequence);
  const identifier = objectIdentifierOf(algorithm.next(tags.objectIdentifier));
  const parameters = algorithm.done ? undefined : algorithm.next();
  const named = parameters?.tag === tags.objectIdentifier;
  return { algorithm: identifier, curve: named ? objectIdentifierOf(parameters) : undefined };
}

/** Throws `KS-P110` when the key of the certificate may not appear in a path. */
export function refuseForeignKey(certificate: Certificate, policy: SignaturePolicy): void {
  const kind = keyKindOf(certificate.spki);
  if (policy.acceptsKey(kind)) return;
  const name = kind.algorithm === EC_PUBLIC_KEY ? `elliptic curve ${kind.curve ?? 'without a name'}` : kind.algorithm;
  throw new KeystileError(
    'KS-P110',
    `the key of '${certificate.subject.text}' is of a kind that is not allowed (${name})`,
  );
}

/** Throws `KS-P105` or `KS-P110` unless the key of `issuer` has signed `certificate`. */
export function verifyCertificateSignature(
  certificate: Certificate,
  issuerSpki: Uint8Array,
  policy: SignaturePolicy,
): void {
  const hash = policy.hashes[certificate.signatureAlgorithm];
  if (hash === undefined) {
    const detail = `'${certificate.subject.text}' is signed with ${certificate.signatureAlgorithm}, which is not allowed`;
    throw new KeystileError('KS-P110', detail);
  }
  if (!verify(hash, certificate.tbs, importKey(issuerSpki), certificate.signature)) {
    throw new KeystileError('KS-P105', `the signature of '${certificate.subject.text}' does not verify`);
  }
}

function importKey(spki: Uint8Array): KeyObject {
  new DerReader(spki).next(tags.sequence);
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch {
    throw new KeystileError('KS-P100', 'a public key that cannot be read');
  }
}
