import { createHash, createPrivateKey, createPublicKey, decapsulate, encapsulate, timingSafeEqual } from 'node:crypto';
import { concatBytes, fromHex } from '@keystile/bytes';
import { gives, type KnownAnswer } from './known-answer.ts';

/** DER of a private key that is stated by its seed (RFC 9935), up to the seed. */
const seedPrefix = '3054020100300b060960864801650304040204428040';

/**
 * ML-KEM-768, FIPS 203, on the key of the seed d ‖ z = 00 01 … 3f. Its public key and the secret that a ciphertext of
 * zeros is implicitly rejected with, SHAKE256(z ‖ c), were worked out apart from OpenSSL.
 */
export const mlKemAnswers: readonly KnownAnswer[] = [
  {
    name: 'ML-KEM-768',
    holds: () => {
      const seed = Uint8Array.from({ length: 64 }, (_, at) => at);
      const der = Buffer.from(concatBytes(fromHex(seedPrefix), seed));
      const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
      const publicKey = createPublicKey(privateKey);
      const share = publicKey.export({ format: 'raw-public' });
      const { sharedKey, ciphertext } = encapsulate(publicKey);
      return (
        gives(
          '0b7934c83125c788995e2ba6bd761e33046b3e40571be53e023309a29f398cc9',
          createHash('sha256').update(share).digest(),
        ) &&
        gives(
          'c8fbeddafdacef2ffeb8b354ea644f11b5c150f3e2c4a74ce38abba8f854ae16',
          decapsulate(privateKey, new Uint8Array(1088)),
        ) &&
        timingSafeEqual(decapsulate(privateKey, ciphertext), sharedKey)
      );
    },
  },
];
