import { decapsulate, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { concatBytes } from '@keystile/bytes';
import type { KeyExchange, Random } from './key-exchange.ts';
import { refusedShare } from './refused-share.ts';
import { startX25519, shareLength as x25519Length } from './x25519.ts';

/** Ciphertext of ML-KEM-768, FIPS 203 §8. */
const ciphertextLength = 1088;

/**
 * The post-quantum hybrid X25519MLKEM768, RFC 10024: ML-KEM first, X25519 second, in shares and in the secret. It
 * holds if either of the two does.
 */
export function startMlKemHybrid(random: Random | undefined): KeyExchange {
  const { publicKey, privateKey } = generateKeyPairSync('ml-kem-768');
  const x25519 = startX25519(random);
  return {
    group: 'X25519MLKEM768',
    share: concatBytes(publicKey.export({ format: 'raw-public' }), x25519.share),
    agree: (peerShare) => agreeHybrid(privateKey, x25519, peerShare),
  };
}

/** The two shared secrets of two keys and a peer's share. */
export function agreeHybrid(privateKey: KeyObject, x25519: KeyExchange, peerShare: Uint8Array): Uint8Array {
  if (peerShare.length !== ciphertextLength + x25519Length) throw refusedShare('X25519MLKEM768');
  const kemSecret = decapsulate(privateKey, peerShare.subarray(0, ciphertextLength));
  const x25519Secret = x25519.agree(peerShare.subarray(ciphertextLength));
  const secret = concatBytes(kemSecret, x25519Secret);
  kemSecret.fill(0);
  x25519Secret.fill(0);
  return secret;
}
