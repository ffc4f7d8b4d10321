import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { KeystileError } from '@keystile/errors';
import type { Certificate } from './certificate.ts';
import { bitStringOf, DerReader, objectIdentifierOf, openElement, tags } from './der.ts';
import type { Signed } from './signed.ts';

/**
 * Which signatures and keys a path may have. The product's set is ECDSA on P-256 and P-384 with the matching hash; a
 * wider one exists only in tests of the path logic and is not exported from the package.
 */
export interface SignaturePolicy {
  /** Hash by the object identifier of the signature algorithm. */
  readonly hashes: Readonly<Record<string, string>>;
  /** The one curve that the algorithm may be used with; any when absent. */
  readonly curves?: Readonly<Record<string, string>>;
  /** Whether a public key of this kind may appear in a path. */
  acceptsKey(kind: KeyKind): boolean;
}

export interface KeyKind {
  /** Object identifier of the key's algorithm. */
  readonly algorithm: string;
  /** Object identifier of the named curve, for elliptic curve keys in a form of RFC 5480. */
  readonly curve: string | undefined;
}

const EC_PUBLIC_KEY = '1.2.840.10045.2.1';
const CURVE_P256 = '1.2.840.10045.3.1.7';
const CURVE_P384 = '1.3.132.0.34';

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const ECDSA_WITH_SHA384 = '1.2.840.10045.4.3.3';

export const productSignatures: SignaturePolicy = {
  hashes: { [ECDSA_WITH_SHA256]: 'sha256', [ECDSA_WITH_SHA384]: 'sha384' },
  curves: { [ECDSA_WITH_SHA256]: CURVE_P256, [ECDSA_WITH_SHA384]: CURVE_P384 },
  acceptsKey: ({ algorithm, curve }) => algorithm === EC_PUBLIC_KEY && (curve === CURVE_P256 || curve === CURVE_P384),
};

/** The first octet of a point: compressed with an even or odd y, uncompressed (RFC 5480 §2.2, which forbids the hybrid form). */
const POINT_FORMS: ReadonlySet<number | undefined> = new Set([2, 3, 4]);

/** What kind of key a SubjectPublicKeyInfo holds. Throws `KS-P100`. */
function keyKindOf(spki: Uint8Array): KeyKind {
  const outer = openElement(spki, tags.sequence);
  const algorithm = outer.enter(tags.sequence);
  const identifier = objectIdentifierOf(algorithm.next(tags.objectIdentifier));
  const parameters = algorithm.done ? undefined : algorithm.next();
  algorithm.end();
  const { bytes } = bitStringOf(outer.next(tags.bitString));
  outer.end();
  const named = parameters?.tag === tags.objectIdentifier && POINT_FORMS.has(bytes[0]);
  return { algorithm: identifier, curve: named ? objectIdentifierOf(parameters) : undefined };
}

/** The content of the BIT STRING: what key identifiers and OCSP hash. Throws `KS-P100`. */
export function subjectPublicKeyOf(spki: Uint8Array): Uint8Array {
  const outer = openElement(spki, tags.sequence);
  outer.next(tags.sequence);
  return bitStringOf(outer.next(tags.bitString)).bytes;
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
  const name = `'${certificate.subject.text}'`;
  if (verifiesWith(certificate, issuerSpki, { policy, name })) return;
  throw new KeystileError('KS-P105', `the signature of ${name} does not verify`);
}

/** Whether the key has made the signature. `name` is for the refusal `KS-P110` of an algorithm. */
export function verifiesWith(
  signed: Signed,
  spki: Uint8Array,
  { policy, name }: { readonly policy: SignaturePolicy; readonly name: string },
): boolean {
  const hash = policy.hashes[signed.signatureAlgorithm];
  if (hash === undefined) {
    throw new KeystileError('KS-P110', `${name} is signed with ${signed.signatureAlgorithm}, which is not allowed`);
  }
  const curve = policy.curves?.[signed.signatureAlgorithm];
  if (curve !== undefined && keyKindOf(spki).curve !== curve) {
    throw new KeystileError('KS-P110', `${name} is signed with ${hash} by a key whose curve goes with another hash`);
  }
  return verify(hash, signed.tbs, importKey(spki), signed.signature);
}

/** Node tells what an object is by trying and throwing: given one, an import takes twice as long as from a text. */
function pemOf(spki: Uint8Array): string {
  const base64 = Buffer.from(spki.buffer, spki.byteOffset, spki.length).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN PUBLIC KEY-----\n${lines.join('\n')}\n-----END PUBLIC KEY-----\n`;
}

/** An anchor's key is read once: that costs as much as to verify with it. */
const imported = new WeakMap<Uint8Array, KeyObject>();

function importKey(spki: Uint8Array): KeyObject {
  const known = imported.get(spki);
  if (known !== undefined) return known;
  new DerReader(spki).next(tags.sequence);
  try {
    const key = createPublicKey(pemOf(spki));
    imported.set(spki, key);
    return key;
  } catch {
    throw new KeystileError('KS-P100', 'a public key that cannot be read');
  }
}
