import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { concatBytes, fromHex } from '@keystile/bytes';
import { importSpki } from '../import-spki.ts';
import type { KeyExchange, Random } from './key-exchange.ts';
import { refusedShare } from './refused-share.ts';

/**
 * X25519, RFC 7748. Any 32 bytes are a private key: the curve's function clamps them. Without a source of them OpenSSL
 * makes the key, which costs half of importing one.
 */
export function startX25519(random: Random | undefined): KeyExchange {
  const privateKey =
    random === undefined ? generateKeyPairSync('x25519').privateKey : importPrivate(random(shareLength));
  return {
    group: 'X25519',
    share: createPublicKey(privateKey).export({ format: 'raw-public' }),
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

/** PKCS #8 of RFC 8410 §7, whose end is the key. The bytes are zeroed once OpenSSL has its own. */
function importPrivate(scalar: Uint8Array): KeyObject {
  const der = Buffer.concat([privateKeyPrefix, scalar]);
  scalar.fill(0);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  return key;
}

const privateKeyPrefix = fromHex('302e020100300506032b656e04220420');
/** The DER of a SubjectPublicKeyInfo up to the share, RFC 8410 §4. */
const spkiPrefix = fromHex('302a300506032b656e032100');
