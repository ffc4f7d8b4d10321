import { type CipherGCMTypes, createCipheriv, createDecipheriv } from 'node:crypto';
import { concatBytes, fromHex } from '@keystile/bytes';
import { gives, type KnownAnswer } from './known-answer.ts';

/** Authenticated encryption: records and the sealed memory. */
interface Example {
  readonly cipher: string;
  readonly key: string;
  readonly nonce: string;
  readonly additionalData: string;
  readonly plaintext: string;
  readonly ciphertext: string;
  readonly tag: string;
}

/** GCM specification (McGrew, Viega), test cases 4 and 16: all but key, ciphertext and tag is the same in the two. */
const gcm = {
  nonce: 'cafebabefacedbaddecaf888',
  additionalData: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
  plaintext:
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
} as const;

const examples: Readonly<Record<string, Example>> = {
  'AES-128-GCM': {
    ...gcm,
    cipher: 'aes-128-gcm',
    key: 'feffe9928665731c6d6a8f9467308308',
    ciphertext:
      '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091',
    tag: '5bc94fbc3221a5db94fae95ae7121a47',
  },
  'AES-256-GCM': {
    ...gcm,
    cipher: 'aes-256-gcm',
    key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
    ciphertext:
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662',
    tag: '76fc6ece0f4e1768cddf8853bb2d551b',
  },
  // SP 800-38C, example 3.
  'AES-128-CCM': {
    cipher: 'aes-128-ccm',
    key: '404142434445464748494a4b4c4d4e4f',
    nonce: '101112131415161718191a1b',
    additionalData: '000102030405060708090a0b0c0d0e0f10111213',
    plaintext: '202122232425262728292a2b2c2d2e2f3031323334353637',
    ciphertext: 'e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5',
    tag: '484392fbc1b09951',
  },
};

export const sealAnswers: readonly KnownAnswer[] = Object.entries(examples).map(([name, example]) => ({
  name,
  holds: () =>
    gives(example.ciphertext + example.tag, sealed(example)) &&
    gives(example.plaintext, opened(example, fromHex(example.tag)) ?? new Uint8Array(0)) &&
    opened(
      example,
      fromHex(example.tag).map((byte) => byte ^ 1),
    ) === undefined,
}));

function sealed({ cipher: name, key, nonce, additionalData, plaintext, tag }: Example): Uint8Array {
  const text = fromHex(plaintext);
  // The type knows of GCM alone; CCM needs the lengths in advance and is otherwise the same.
  const cipher = createCipheriv(name as CipherGCMTypes, fromHex(key), fromHex(nonce), {
    authTagLength: tag.length / 2,
  });
  cipher.setAAD(fromHex(additionalData), { plaintextLength: text.length });
  return concatBytes(cipher.update(text), cipher.final(), cipher.getAuthTag());
}

function opened(example: Example, tag: Uint8Array): Uint8Array | undefined {
  const { cipher: name, key, nonce, additionalData } = example;
  const ciphertext = fromHex(example.ciphertext);
  const options = { authTagLength: tag.length };
  const decipher = createDecipheriv(name as CipherGCMTypes, fromHex(key), fromHex(nonce), options);
  decipher.setAuthTag(tag);
  decipher.setAAD(fromHex(additionalData), { plaintextLength: ciphertext.length });
  try {
    const text = decipher.update(ciphertext);
    decipher.final();
    return text;
  } catch {
    return undefined;
  }
}
