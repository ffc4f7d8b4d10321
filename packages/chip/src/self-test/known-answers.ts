import {
  createCipheriv,
  createECDH,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  verify,
} from 'node:crypto';
import { concatBytes, encodeUtf8, equalPublicBytes, fromHex } from '@keystile/bytes';

/**
 * Known-answer tests of every algorithm that the part uses. They tell a broken build of the primitives from a whole
 * one; they say nothing about the random source.
 */
interface KnownAnswer {
  readonly name: string;
  readonly holds: () => boolean;
}

/** The first test that fails, or undefined. A primitive that throws has failed. */
export function firstFailedTest(): string | undefined {
  return knownAnswers.find(({ holds }) => {
    try {
      return !holds();
    } catch {
      return true;
    }
  })?.name;
}

export const knownAnswers: readonly KnownAnswer[] = [
  {
    // FIPS 180-4, example "abc".
    name: 'SHA-256',
    holds: () =>
      gives(
        'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
        createHash('sha256').update('abc').digest(),
      ),
  },
  {
    // FIPS 180-4, example "abc".
    name: 'SHA-384',
    holds: () =>
      gives(
        'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
        createHash('sha384').update('abc').digest(),
      ),
  },
  {
    // RFC 4231 §4.3.
    name: 'HMAC-SHA-256',
    holds: () =>
      gives(
        '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
        createHmac('sha256', 'Jefe').update('what do ya want for nothing?').digest(),
      ),
  },
  {
    // GCM specification (McGrew, Viega), test case 4: key, nonce, plaintext and additional data as printed there.
    name: 'AES-128-GCM',
    holds: () =>
      gives(
        '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091' +
          '5bc94fbc3221a5db94fae95ae7121a47',
        gcm('aes-128-gcm', 'feffe9928665731c6d6a8f9467308308'),
      ),
  },
  {
    // The same, test case 16.
    name: 'AES-256-GCM',
    holds: () =>
      gives(
        '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662' +
          '76fc6ece0f4e1768cddf8853bb2d551b',
        gcm('aes-256-gcm', 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308'),
      ),
  },
  {
    // RFC 7748 §6.1.
    name: 'X25519',
    holds: () =>
      gives(
        '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
        diffieHellman({
          privateKey: x25519Private('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'),
          publicKey: x25519Public('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a'),
        }),
      ),
  },
  {
    // RFC 5903 §8.1.
    name: 'ECDH P-256',
    holds: () => {
      const exchange = createECDH('prime256v1');
      exchange.setPrivateKey('c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433', 'hex');
      return gives(
        'd6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de',
        exchange.computeSecret(
          '04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf6356fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab',
          'hex',
        ),
      );
    },
  },
  {
    // RFC 6979 §A.2.5, SHA-256, message "sample".
    name: 'ECDSA P-256',
    holds: () => {
      const signature = fromHex(
        'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
      );
      const key = { key: p256Public(), dsaEncoding: 'ieee-p1363' as const };
      return (
        verify('sha256', encodeUtf8('sample'), key, signature) &&
        !verify('sha256', encodeUtf8('simple'), key, signature)
      );
    },
  },
];

function gives(expected: string, actual: Uint8Array): boolean {
  return equalPublicBytes(fromHex(expected), actual);
}

function gcm(algorithm: 'aes-128-gcm' | 'aes-256-gcm', key: string): Uint8Array {
  const cipher = createCipheriv(algorithm, fromHex(key), fromHex('cafebabefacedbaddecaf888'));
  cipher.setAAD(fromHex('feedfacedeadbeeffeedfacedeadbeefabaddad2'));
  const plaintext = fromHex(
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
  );
  return concatBytes(cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
}

function x25519Private(scalar: string): KeyObject {
  const der = concatBytes(fromHex('302e020100300506032b656e04220420'), fromHex(scalar));
  return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
}

function x25519Public(point: string): KeyObject {
  const der = concatBytes(fromHex('302a300506032b656e032100'), fromHex(point));
  return createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
}

/** The public key of RFC 6979 §A.2.5. */
function p256Public(): KeyObject {
  const der = concatBytes(
    fromHex('3059301306072a8648ce3d020106082a8648ce3d03010703420004'),
    fromHex(
      '60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299',
    ),
  );
  return createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
}
