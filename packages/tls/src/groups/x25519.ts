import { diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { concatBytes, fromHex } from '@keystile/bytes';
import { importSpki } from '../import-spki.ts';
import type { KeyExchange } from './key-exchange.ts';
import { refusedShare } from './refused-share.ts';

/**
 * X25519, RFC 7748. The private key never leaves OpenSSL; its generator is OpenSSL's too, since making a key from
 * given bytes costs more than making the key.
 */
export function startX25519(): KeyExchange {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  return {
    group: 'X25519',
    share: publicKey.export({ format: 'raw-public' }),
    agree: (peerShare) => agreeX25519(privateKey, peerShare),
  };
}

/** The shared secret of a key and a peer's share. */
export function agreeX25519(privateKey: KeyObject, peerShare: Uint8Array): Uint8Array {
  if (peerShare.length !== shareLength) throw refusedShare('X25519');
  try {
    // RFC 8446 §7.4.2 asks for an abort on the all-zero result of a low-order point; OpenSSL throws on it.
    return diffieHellman({ privateKey, publicKey: importSpki(concatBytes(spkiPrefix, peerShare)) });
  } catch {
    throw refusedShare('X25519');
  }
}

export const shareLength = 32;

/** The DER of a SubjectPublicKeyInfo up to the share, RFC 8410 §4. */
const spkiPrefix = fromHex('302a300506032b656e032100');
