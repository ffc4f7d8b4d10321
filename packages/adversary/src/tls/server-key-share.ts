import { createPublicKey, encapsulate, randomBytes } from 'node:crypto';
import { concatBytes } from '@keystile/bytes';
import { type Group, startKeyExchange } from '@keystile/tls/codec';

/** The server's half of a key exchange: its share and what both ends should then know. */
export interface ServerHalf {
  readonly share: Uint8Array;
  readonly secret: Uint8Array;
}

/** Encapsulation key of ML-KEM-768, FIPS 203 §8. */
const encapsulationKeyLength = 1184;

/** DER of a SubjectPublicKeyInfo up to the key. */
const mlKemPrefix = Buffer.from('308204b2300b0609608648016503040402038204a100', 'hex');

export function answerShare(group: Group, clientShare: Uint8Array): ServerHalf {
  if (group !== 'X25519MLKEM768') {
    const exchange = startKeyExchange(group, randomBytes);
    return { share: exchange.share, secret: exchange.agree(clientShare) };
  }
  // A KEM has two halves that differ: the server answers with a ciphertext.
  const key = Buffer.concat([mlKemPrefix, clientShare.subarray(0, encapsulationKeyLength)]);
  const kem = encapsulate(createPublicKey({ key, format: 'der', type: 'spki' }));
  const x25519 = answerShare('X25519', clientShare.subarray(encapsulationKeyLength));
  return { share: concatBytes(kem.ciphertext, x25519.share), secret: concatBytes(kem.sharedKey, x25519.secret) };
}
