import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';
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
    return diffieHellman({ privateKey, publicKey: importX25519(peerShare) });
  } catch {
    throw refusedShare('X25519');
  }
}

export const shareLength = 32;

function importX25519(share: Uint8Array): ReturnType<typeof createPublicKey> {
  const x = Buffer.from(share.buffer, share.byteOffset, share.length).toString('base64url');
  return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'X25519', x } });
}
