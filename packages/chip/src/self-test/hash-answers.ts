import { createHash, createHmac } from 'node:crypto';
import { fromHex } from '@keystile/bytes';
import { hkdfExpandLabel, hkdfExtract } from '@keystile/tls';
import { HmacDrbg } from '../random/hmac-drbg.ts';
import { gives, type KnownAnswer } from './known-answer.ts';

/** Hashes and what is built on them. */
export const hashAnswers: readonly KnownAnswer[] = [
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
    // RFC 4231 §4.3.
    name: 'HMAC-SHA-384',
    holds: () =>
      gives(
        'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649',
        createHmac('sha384', 'Jefe').update('what do ya want for nothing?').digest(),
      ),
  },
  {
    // RFC 8448 §3: the early secret, and the secret "derived" from it.
    name: 'HKDF',
    holds: () => {
      const zeros = new Uint8Array(32);
      const early = hkdfExtract('sha256', zeros, zeros);
      const context = createHash('sha256').digest();
      return (
        gives('33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a', early) &&
        gives(
          '6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba',
          hkdfExpandLabel('sha256', early, { label: 'derived', context, length: 32 }),
        )
      );
    },
  },
  {
    // NIST's vectors for HMAC_DRBG with SHA-256, no reseed, count 0: the second answer of 1,024 bits.
    name: 'HMAC_DRBG',
    holds: () => {
      const entropy = 'ca851911349384bffe89de1cbdc46e6831e44d34a4fb935ee285dd14b71a7488';
      const drbg = new HmacDrbg(fromHex(`${entropy}659ba96c601dc69fc902940805ec0ca8`));
      drbg.generate(128);
      return gives(
        'e528e9abf2dece54d47c7e75e5fe302149f817ea9fb4bee6f4199697d04d5b89d54fbb978a15b5c443c9ec21036d2460b6f73ebad0dc2aba6e624abf' +
          '07745bc107694bb7547bb0995f70de25d6b29e2d3011bb19d27676c07162c8b5ccde0668961df86803482cb37ed6d5c0bb8d50cf1f50d476' +
          'aa0458bdaba806f48be9dcb8',
        drbg.generate(128),
      );
    },
  },
];
