import { createHash, createPublicKey } from 'node:crypto';
import { BytesError, equalPublicBytes, toHex } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import {
  type Administrator,
  type AnchorPurpose,
  administratorKeysFields,
  anchorsFields,
  chainFields,
  decodeField,
  type Field,
  identityFields,
  type KeySlot,
  type ObjectName,
  type PartIdentity,
  policiesFields,
  type StoredAnchor,
} from '@keystile/link';
import { parseCertificate, parseTrustAnchor, type TrustAnchor } from '@keystile/pki/path';
import type { PartState } from '../memory/part-state.ts';
import { checkPolicies } from './check-policies.ts';
import { madeOnce } from './made-once.ts';

/** Objects that the factory line writes. The others the part fills itself. */
export const writableObjects = [
  'identity',
  'idevid-chain',
  'ldevid-chain',
  'anchors',
  'policies',
  'boot-key',
  'time-key',
  'administrator-keys',
  'host-pairing-key',
  'receipt-key',
] as const satisfies readonly ObjectName[];

export type WritableObject = (typeof writableObjects)[number];

/**
 * Judges a complete object before it is stored: a part that would refuse to work with what it was given says so in the
 * factory, not in the field. Throws `KS-C140`, `KS-C143`, `KS-C145` or `KS-C146`.
 */
export function checkObject(state: PartState, name: WritableObject, bytes: Uint8Array): void {
  try {
    checks[name](bytes, state);
  } catch (cause) {
    if (cause instanceof BytesError) throw new KeystileError('KS-C143', `${name}: ${cause.message}`);
    if (cause instanceof KeystileError && !cause.code.startsWith('KS-C')) {
      throw new KeystileError('KS-C143', `${name}: ${cause.detail} (${cause.code})`, { cause });
    }
    throw cause;
  }
}

const checks: Readonly<Record<WritableObject, (bytes: Uint8Array, state: PartState) => void>> = {
  identity: (bytes) => checkIdentity(decodeField(identityFields, bytes)),
  'idevid-chain': (bytes, state) => checkChain(state, 'idevid', decodeField(chainFields, bytes)),
  'ldevid-chain': (bytes, state) => checkChain(state, 'ldevid', decodeField(chainFields, bytes)),
  anchors: (bytes) => checkAnchors(decodeField(anchorsFields, bytes)),
  policies: (bytes, state) => checkPolicies(decodeField(policiesFields, bytes), anchorsOf(state, 'server')),
  'boot-key': (bytes) => checkP256Key('boot-key', bytes),
  'time-key': (bytes) => checkP256Key('time-key', bytes),
  'administrator-keys': (bytes) => checkAdministrators(decodeField(administratorKeysFields, bytes)),
  'host-pairing-key': (bytes) => checkKeyOfType('host-pairing-key', bytes, 'x25519'),
  'receipt-key': (bytes) => checkP256Key('receipt-key', bytes),
};

/** The stored anchors that are trusted for a purpose. */
export function anchorsOf(state: PartState, purpose: AnchorPurpose): readonly TrustAnchor[] {
  const stored = state.objects.get('anchors');
  if (stored === undefined) return [];
  return parsedAnchors(stored).flatMap(({ purposes, anchor }) => (purposes.includes(purpose) ? [anchor] : []));
}

const parsedAnchors = madeOnce((stored: Uint8Array) =>
  decodeField(anchorsFields, stored).map(({ purposes, certificate }) => ({
    purposes,
    anchor: parseTrustAnchor(certificate),
  })),
);

export function storedList<T>(state: PartState, name: WritableObject, field: Field<readonly T[]>): readonly T[] {
  const bytes = state.objects.get(name);
  return bytes === undefined ? [] : decodeField(field, bytes);
}

/** Letters, digits and what a URN and a topic level carry without escaping; no wildcard, no separator. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

function checkIdentity({ fleet, id }: PartIdentity): void {
  for (const name of [fleet, id]) {
    if (!NAME.test(name)) throw new KeystileError('KS-C143', `identity: '${name}' cannot be part of an identity`);
  }
}

function checkChain(state: PartState, slot: KeySlot, chain: readonly Uint8Array[]): void {
  const key = state.keys.get(slot);
  if (key === undefined) throw new KeystileError('KS-C146', `slot ${slot} holds no key`);
  checkChainOfKey(`${slot}-chain`, key.publicKey, chain);
}

/** A chain parses and its leaf holds the key. Who may issue it is not for the part to say: the other side judges that. */
export function checkChainOfKey(name: string, publicKey: Uint8Array, chain: readonly Uint8Array[]): void {
  const [leaf] = chain.map(parseCertificate);
  if (leaf === undefined) throw new KeystileError('KS-C143', `${name}: a chain has at least one certificate`);
  if (!equalPublicBytes(leaf.spki, publicKey)) {
    throw new KeystileError('KS-C145', `${name}: '${leaf.subject.text}' holds another key than the slot`);
  }
}

function checkAnchors(anchors: readonly StoredAnchor[]): void {
  const digests = anchors.map(({ certificate }) => toHex(parseTrustAnchor(certificate).digest));
  if (digests.length === 0) throw new KeystileError('KS-C143', 'anchors: a part without a root can trust nobody');
  if (new Set(digests).size < digests.length) throw new KeystileError('KS-C143', 'anchors: the same root twice');
  for (const { purposes } of anchors) {
    if (purposes.length > 0 && new Set(purposes).size === purposes.length) continue;
    throw new KeystileError('KS-C143', 'anchors: a root is trusted for at least one purpose, and each once');
  }
}

/** No key may stand in two places: a current key that is also somebody's next one could name its own successor. */
function checkAdministrators(administrators: readonly Administrator[]): void {
  if (administrators.length === 0) {
    throw new KeystileError('KS-C143', 'administrator-keys: a part without an administrator can never be changed');
  }
  for (const { publicKey } of administrators) checkP256Key('administrator-keys', publicKey);
  const digests = administrators.flatMap(({ publicKey, nextDigest }) => [keyDigest(publicKey), nextDigest]);
  if (new Set(digests.map(toHex)).size < digests.length) {
    throw new KeystileError('KS-C143', 'administrator-keys: one key twice, now or next');
  }
}

/** SHA-256 of a SubjectPublicKeyInfo: how keys are named. */
export function keyDigest(publicKey: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(publicKey).digest());
}

/** SubjectPublicKeyInfo of a P-256 key in its one DER form (RFC 5480 §2), on the curve. Throws `KS-C143`. */
export function checkP256Key(name: string, spki: Uint8Array): void {
  checkKeyOfType(name, spki, 'ec');
  if (!equalPublicBytes(spki.subarray(0, P256_PREFIX.length), P256_PREFIX)) {
    throw new KeystileError('KS-C143', `${name}: not an uncompressed P-256 key`);
  }
}

const P256_PREFIX = Uint8Array.from([
  0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
  0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
]);

function checkKeyOfType(name: string, spki: Uint8Array, type: 'ec' | 'x25519'): void {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    if (key.asymmetricKeyType === type && key.export({ format: 'der', type: 'spki' }).equals(spki)) return;
  } catch {
    // Refused below.
  }
  throw new KeystileError(
    'KS-C143',
    `${name}: not the SubjectPublicKeyInfo of ${type === 'ec' ? 'a P-256' : 'an X25519'} key`,
  );
}
