import { createECDH, createPrivateKey, type KeyObject, randomBytes } from 'node:crypto';
import { concatBytes, equalPublicBytes } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { agreeOnCurve } from '../../../packages/tls/src/groups/nist-curve.ts';
import { agreeX25519, startX25519 } from '../../../packages/tls/src/groups/x25519.ts';
import { agreeHybrid } from '../../../packages/tls/src/groups/x25519-mlkem768.ts';
import { bytesOf, type Judge, skipped, type Vector, verdict } from './vectors.ts';

/** The three groups' own functions, with the vector's private key in place of a fresh one. */

export const judgeEcdh: Judge = (_group, vector) => {
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(fixedLength(bytesOf(vector, 'private'), 32));
  return [agreement(vector, 'shared', () => agreeOnCurve('P-256', ecdh, bytesOf(vector, 'public')))];
};

export const judgeX25519: Judge = (_group, vector) => {
  const key = createPrivateKey({ key: rawKey(vector, 'private'), format: 'raw-private', asymmetricKeyType: 'x25519' });
  const result = agreement(vector, 'shared', () => agreeX25519(key, bytesOf(vector, 'public')));
  // RFC 8446 §7.4.2: acceptable in general, and forbidden in TLS.
  const mustRefuse = vector.flags?.includes('ZeroSharedSecret') === true;
  return [mustRefuse ? verdict({ ...vector, result: 'invalid' }, refusal(key, vector)) : result];
};

function refusal(key: KeyObject, vector: Vector): 'refused' | 'wrong' {
  return agreed(() => agreeX25519(key, bytesOf(vector, 'public'))) === undefined ? 'refused' : 'wrong';
}

/** Decapsulation: the engine is the client, and never encapsulates. The X25519 half is a valid share throughout. */
export const judgeMlKem: Judge = (_group, vector) => {
  const seed = bytesOf(vector, 'seed');
  if (seed.length !== ML_KEM_SEED_LENGTH) return skipped('the engine makes its key itself and never reads a seed');
  const key = createPrivateKey({ key: Buffer.from(seed), format: 'raw-seed', asymmetricKeyType: 'ml-kem-768' });
  const x25519 = startX25519(randomBytes);
  const share = concatBytes(bytesOf(vector, 'c'), startX25519(randomBytes).share);
  return [agreement(vector, 'K', () => agreeHybrid(key, x25519, share).subarray(0, ML_KEM_SECRET_LENGTH))];
};

const ML_KEM_SEED_LENGTH = 64;
const ML_KEM_SECRET_LENGTH = 32;

function agreement(vector: Vector, expected: string, agree: () => Uint8Array): ReturnType<typeof verdict> {
  // Both are of a published vector.
  const computed = agreed(agree);
  if (computed === undefined) return verdict(vector, 'refused');
  return verdict(vector, equalPublicBytes(computed, bytesOf(vector, expected)) ? 'right' : 'wrong');
}

/** Undefined when the group refuses the share as it refuses a peer's. */
function agreed(agree: () => Uint8Array): Uint8Array | undefined {
  try {
    return agree();
  } catch (error) {
    if (error instanceof KeystileError && error.code === 'KS-T112') return undefined;
    throw error;
  }
}

function rawKey(vector: Vector, field: string): Buffer {
  return Buffer.from(bytesOf(vector, field));
}

/** The corpus writes numbers, with a zero in front or without. */
function fixedLength(number: Uint8Array, length: number): Uint8Array {
  const padded = concatBytes(new Uint8Array(length), number);
  return padded.subarray(padded.length - length);
}
