import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { KeystileError } from '@keystile/errors';
import { CborError, type CborMap, type CborValue, decodeCbor, encodeCbor } from './cbor.ts';

/**
 * COSE_Sign1 (RFC 9052 §4.2) with ES256 and a content type in the protected header.
 *
 * The content type separates the purposes: a statement made for one can never be verified as another. The signer is a
 * function over the bytes to be signed, so that the key may rest in a secure IC, a token or a file. Not here: other
 * algorithms, unprotected headers, counter signatures, detached payloads. They are refused.
 */

/** Signs `toBeSigned` with ECDSA P-256 and SHA-256; gives the 64 bytes r ‖ s (IEEE P1363). */
export type Es256Signer = (toBeSigned: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** The IANA registries' numbers: COSE header parameters, COSE algorithms. */
const HEADER_ALGORITHM = 1;
const HEADER_CONTENT_TYPE = 3;
const HEADER_KEY_ID = 4;
const ALGORITHM_ES256 = -7;
const ES256_SIGNATURE_LENGTH = 64;

export interface StatementToSign {
  /** For example `application/keystile-time-token+cbor`. */
  readonly contentType: string;
  /** Canonical CBOR. */
  readonly payload: Uint8Array;
  readonly keyId?: Uint8Array;
  readonly sign: Es256Signer;
}

/** Makes a statement. The signer's answer is not verified here: the caller owns the key and does. */
export async function signStatement(statement: StatementToSign): Promise<Uint8Array> {
  const protectedHeader = encodeProtectedHeader(statement);
  const signature = await statement.sign(sigStructure(protectedHeader, statement.payload));
  if (signature.length !== ES256_SIGNATURE_LENGTH) {
    throw new KeystileError('KS-S100', `the signer gave ${signature.length} bytes where r ‖ s has 64`);
  }
  return encodeCbor([protectedHeader, new Map(), statement.payload, signature]);
}

/** The protected header of a statement, encoded. */
export function encodeProtectedHeader(header: {
  readonly contentType: string;
  readonly keyId?: Uint8Array;
}): Uint8Array {
  const entries: [number, CborValue][] = [
    [HEADER_ALGORITHM, ALGORITHM_ES256],
    [HEADER_CONTENT_TYPE, header.contentType],
  ];
  if (header.keyId !== undefined) entries.push([HEADER_KEY_ID, header.keyId]);
  return encodeCbor(new Map(entries));
}

/** The bytes that are signed: Sig_structure of RFC 9052 §4.4, external data empty. */
export function sigStructure(protectedHeader: Uint8Array, payload: Uint8Array): Uint8Array {
  return encodeCbor(['Signature1', protectedHeader, new Uint8Array(0), payload]);
}

export interface Verification {
  readonly contentType: string;
  /** P-256: SubjectPublicKeyInfo in DER, or a key object. */
  readonly publicKey: Uint8Array | KeyObject;
}

/**
 * The payload of a statement whose signature, algorithm and content type hold.
 *
 * Throws `KS-S100` (malformed), `KS-S101` (another content type) or `KS-S102` (signature).
 */
export function verifyStatement(bytes: Uint8Array, verification: Verification): Uint8Array {
  const statement = peekStatement(bytes);
  if (statement.contentType !== verification.contentType) {
    throw new KeystileError('KS-S101', `expected ${verification.contentType}, got ${statement.contentType}`);
  }
  const key = asKeyObject(verification.publicKey);
  const signed = sigStructure(statement.protectedHeader, statement.payload);
  if (!verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, statement.signature)) {
    throw new KeystileError('KS-S102', `signature of the ${statement.contentType} does not verify`);
  }
  return statement.payload;
}

/** A statement that nobody has verified. */
export interface UnverifiedStatement {
  readonly contentType: string;
  readonly keyId: Uint8Array | undefined;
  readonly protectedHeader: Uint8Array;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/** Takes a statement apart *without verifying it*. Throws `KS-S100`. */
export function peekStatement(bytes: Uint8Array): UnverifiedStatement {
  const parts = decodeOrRefuse(bytes);
  if (!Array.isArray(parts) || parts.length !== 4) throw malformed('a COSE_Sign1 is an array of four');
  const [protectedHeader, unprotectedHeader, payload, signature] = parts as readonly CborValue[];
  if (!(protectedHeader instanceof Uint8Array)) throw malformed('the protected header is a byte string');
  if (!(unprotectedHeader instanceof Map) || unprotectedHeader.size !== 0)
    throw malformed('the unprotected header is empty');
  if (!(payload instanceof Uint8Array)) throw malformed('the payload is a byte string');
  if (!(signature instanceof Uint8Array) || signature.length !== ES256_SIGNATURE_LENGTH) {
    throw malformed('an ES256 signature has 64 bytes');
  }
  return { ...readProtectedHeader(protectedHeader), protectedHeader, payload, signature };
}

function readProtectedHeader(bytes: Uint8Array): { contentType: string; keyId: Uint8Array | undefined } {
  const header = decodeOrRefuse(bytes);
  if (!(header instanceof Map)) throw malformed('the protected header is a map');
  const fields = header as CborMap;
  for (const label of fields.keys()) {
    if (label !== HEADER_ALGORITHM && label !== HEADER_CONTENT_TYPE && label !== HEADER_KEY_ID) {
      throw malformed(`header parameter ${String(label)} is not known here`);
    }
  }
  const contentType = fields.get(HEADER_CONTENT_TYPE);
  const keyId = fields.get(HEADER_KEY_ID);
  if (fields.get(HEADER_ALGORITHM) !== ALGORITHM_ES256) throw malformed('the algorithm is not ES256');
  if (typeof contentType !== 'string') throw malformed('the content type is missing');
  if (keyId !== undefined && !(keyId instanceof Uint8Array)) throw malformed('the key id is a byte string');
  return { contentType, keyId };
}

function decodeOrRefuse(bytes: Uint8Array): CborValue {
  try {
    return decodeCbor(bytes);
  } catch (error) {
    if (error instanceof CborError) throw malformed(error.message);
    throw error;
  }
}

function malformed(detail: string): KeystileError {
  return new KeystileError('KS-S100', detail);
}

function asKeyObject(key: Uint8Array | KeyObject): KeyObject {
  if (!(key instanceof Uint8Array)) return key;
  return createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' });
}
