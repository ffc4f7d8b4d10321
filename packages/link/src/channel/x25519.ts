import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { concatBytes, equalPublicBytes, fromHex } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';

/** X25519 (RFC 7748) with keys as their 32 bytes, which is how they cross the bus. */
export const X25519_LENGTH = 32;
/** What stands before the 32 bytes in DER: PKCS #8 and SubjectPublicKeyInfo (RFC 8410 §7 and §4). */
const PKCS8_PREFIX = fromHex('302e020100300506032b656e04220420');
const SPKI_PREFIX = fromHex('302a300506032b656e032100');

/** A key pair made from 32 random bytes; the private half has no way out. */
export class X25519Key {
  readonly publicKey: Uint8Array;
  readonly #privateKey: KeyObject;

  /** No copy of `privateKey` stays; the caller overwrites its own when it has no further use for it. */
  constructor(privateKey: Uint8Array) {
    const der = concatBytes(PKCS8_PREFIX, privateKey);
    this.#privateKey = createPrivateKey({ key: Buffer.from(der.buffer), format: 'der', type: 'pkcs8' });
    der.fill(0);
    const spki = createPublicKey(this.#privateKey).export({ format: 'der', type: 'spki' });
    this.publicKey = new Uint8Array(spki.subarray(SPKI_PREFIX.length));
  }

  /** The shared secret. Throws `KS-L116` when the peer's key is one of the points that give zero (RFC 7748 §6.1). */
  agree(peer: Uint8Array): Uint8Array {
    const publicKey = createPublicKey({ key: Buffer.from(x25519Spki(peer)), format: 'der', type: 'spki' });
    try {
      return diffieHellman({ privateKey: this.#privateKey, publicKey });
    } catch (cause) {
      throw new KeystileError('KS-L116', 'the public key of the other side has a small order', { cause });
    }
  }
}

/** SubjectPublicKeyInfo, DER: how the part stores the key of its host. */
export function x25519Spki(publicKey: Uint8Array): Uint8Array {
  return concatBytes(SPKI_PREFIX, publicKey);
}

/** The 32 bytes of it; undefined when it is that of another kind of key. */
export function x25519PublicKey(spki: Uint8Array): Uint8Array | undefined {
  const isX25519 =
    spki.length === SPKI_PREFIX.length + X25519_LENGTH &&
    equalPublicBytes(spki.subarray(0, SPKI_PREFIX.length), SPKI_PREFIX);
  return isX25519 ? spki.slice(SPKI_PREFIX.length) : undefined;
}
