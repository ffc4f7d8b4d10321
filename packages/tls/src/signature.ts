import { type KeyObject, verify } from 'node:crypto';
import { concatBytes, encodeUtf8, equalPublicBytes, fromHex } from '@keystile/bytes';
import type { SignatureScheme } from './codepoints.ts';
import { importSpki } from './import-spki.ts';
import { Remembered } from './remembered.ts';

interface Curve {
  readonly scheme: SignatureScheme;
  /** OpenSSL's name. */
  readonly name: string;
  readonly hash: 'sha256' | 'sha384';
  /** The DER of a SubjectPublicKeyInfo up to the point, RFC 5480 §2: uncompressed points on this very curve. */
  readonly spkiPrefix: Uint8Array;
  readonly spkiLength: number;
}

const curves: readonly Curve[] = [
  {
    scheme: 'ecdsa_secp256r1_sha256',
    name: 'prime256v1',
    hash: 'sha256',
    spkiPrefix: fromHex('3059301306072a8648ce3d020106082a8648ce3d03010703420004'),
    spkiLength: 91,
  },
  {
    scheme: 'ecdsa_secp384r1_sha384',
    name: 'secp384r1',
    hash: 'sha384',
    spkiPrefix: fromHex('3076301006072a8648ce3d020106052b8104002203620004'),
    spkiLength: 120,
  },
];

const spkiLengthMax = Math.max(...curves.map(({ spkiLength }) => spkiLength));

/** A public key that belongs to exactly one signature scheme: in TLS 1.3 the scheme fixes the curve. */
export interface VerifyingKey {
  readonly scheme: SignatureScheme;
  /** `signature` is DER, as TLS carries it. */
  verify(content: Uint8Array, signature: Uint8Array): boolean;
}

/**
 * Reads a DER SubjectPublicKeyInfo. Undefined for a key that no scheme here can use (RSA, Ed25519, other curves). The keys
 * of the last servers are remembered: importing one costs a third of a verification.
 */
export function parseVerifyingKey(spki: Uint8Array): VerifyingKey | undefined {
  if (spki.length > spkiLengthMax) return undefined;
  const text = Buffer.from(spki.buffer, spki.byteOffset, spki.length).toString('latin1');
  return verifyingKeys.of(text, () => readVerifyingKey(spki));
}

const verifyingKeys = new Remembered<VerifyingKey | undefined>();

function readVerifyingKey(spki: Uint8Array): VerifyingKey | undefined {
  const curve = curves.find(
    ({ spkiPrefix, spkiLength }) =>
      spki.length === spkiLength && equalPublicBytes(spki.subarray(0, spkiPrefix.length), spkiPrefix),
  );
  if (curve === undefined) return undefined;
  try {
    return verifyingKey(curve, importSpki(spki));
  } catch {
    // The point is not on the curve.
    return undefined;
  }
}

/** The same for a key that OpenSSL has read already. */
export function verifyingKeyOf(key: KeyObject): VerifyingKey | undefined {
  const named = key.asymmetricKeyType === 'ec' ? key.asymmetricKeyDetails?.namedCurve : undefined;
  const curve = curves.find(({ name }) => name === named);
  return curve && verifyingKey(curve, key);
}

function verifyingKey({ scheme, hash }: Curve, key: KeyObject): VerifyingKey {
  return { scheme, verify: (content, signature) => verify(hash, content, key, signature) };
}

/** What CertificateVerify signs, RFC 8446 §4.4.3. */
export function certificateVerifyContent(signer: 'server' | 'client', transcriptHash: Uint8Array): Uint8Array {
  const context = encodeUtf8(`TLS 1.3, ${signer} CertificateVerify`);
  return concatBytes(sixtyFourSpaces, context, Uint8Array.of(0), transcriptHash);
}

const sixtyFourSpaces = new Uint8Array(64).fill(0x20);
