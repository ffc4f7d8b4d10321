import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { concatBytes, encodeUtf8, fromHex } from '@keystile/bytes';
import { gives, type KnownAnswer } from './known-answer.ts';

/** Key agreement and signatures. OpenSSL's own nonces are random, so that of a signature only its verification is known. */
interface SignatureExample {
  readonly curve: 'P-256' | 'P-384';
  readonly hash: 'sha256' | 'sha384';
  readonly d: string;
  readonly x: string;
  readonly y: string;
  /** r ‖ s over the message "sample". */
  readonly signature: string;
}

export const ellipticCurveAnswers: readonly KnownAnswer[] = [
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
    // RFC 5903 §8.2.
    name: 'ECDH P-384',
    holds: () => {
      const exchange = createECDH('secp384r1');
      exchange.setPrivateKey(
        '099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655e35b538041e649ee3faef896783ab194',
        'hex',
      );
      return gives(
        '11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4d603135569b9e9d09cf5d4a270f59746',
        exchange.computeSecret(
          '04e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d0d1ac43a0336def96fda41d0774a3571' +
            'dcfbec7aacf3196472169e838430367f66eebe3c6e70c416dd5f0c68759dd1fff83fa40142209dff5eaad96db9e6386c',
          'hex',
        ),
      );
    },
  },
  {
    // RFC 6979 §A.2.5, SHA-256.
    name: 'ECDSA P-256',
    holds: () =>
      signsAndVerifies({
        curve: 'P-256',
        hash: 'sha256',
        d: 'c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721',
        x: '60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6',
        y: '7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299',
        signature:
          'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
      }),
  },
  {
    // RFC 6979 §A.2.6, SHA-384.
    name: 'ECDSA P-384',
    holds: () =>
      signsAndVerifies({
        curve: 'P-384',
        hash: 'sha384',
        d: '6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5',
        x: 'ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13',
        y: '8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720',
        signature:
          '94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46' +
          '99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8',
      }),
  },
];

function signsAndVerifies({ curve, hash, d, x, y, signature }: SignatureExample): boolean {
  const point = { kty: 'EC', crv: curve, x: base64Url(x), y: base64Url(y) };
  const privateKey = createPrivateKey({ format: 'jwk', key: { ...point, d: base64Url(d) } });
  const publicKey = createPublicKey({ format: 'jwk', key: point });
  const verifies = (message: string, signed: Uint8Array): boolean =>
    verify(hash, encodeUtf8(message), { key: publicKey, dsaEncoding: 'ieee-p1363' }, signed);
  return (
    verifies('sample', fromHex(signature)) &&
    !verifies('simple', fromHex(signature)) &&
    verifies('simple', sign(hash, encodeUtf8('simple'), { key: privateKey, dsaEncoding: 'ieee-p1363' }))
  );
}

function base64Url(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64url');
}

function x25519Private(scalar: string): KeyObject {
  const der = concatBytes(fromHex('302e020100300506032b656e04220420'), fromHex(scalar));
  return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
}

function x25519Public(point: string): KeyObject {
  const der = concatBytes(fromHex('302a300506032b656e032100'), fromHex(point));
  return createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
}
