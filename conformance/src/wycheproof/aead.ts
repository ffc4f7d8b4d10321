import { createSecretKey } from 'node:crypto';
import { concatBytes, equalPublicBytes } from '@keystile/bytes';
import { type AeadCall, openSealed, seal } from '../../../packages/tls/src/record/aead.ts';
import { ivLength, type SuiteParameters, tagLength } from '../../../packages/tls/src/suites.ts';
import { bytesOf, type Judge, skipped, type TestGroup, verdict } from './vectors.ts';

/** The AEAD of the record layer. A valid vector must open and seal to the very same bytes, any other must not open. */
export function judgeAead(algorithm: 'AES-GCM' | 'AES-CCM'): Judge {
  return (group, vector) => {
    const cipher = cipherOf(algorithm, group);
    if (cipher === undefined)
      return skipped(`no suite of the engine has ${algorithm} with a key of ${group.keySize} bits`);
    if (group.ivSize !== 8 * ivLength) return skipped('TLS fixes the nonce at 96 bits');
    if (group.tagSize !== 8 * tagLength) return skipped('the suites fix the tag at 128 bits');
    const call: AeadCall = {
      cipher,
      key: createSecretKey(bytesOf(vector, 'key')),
      nonce: bytesOf(vector, 'iv'),
      additionalData: bytesOf(vector, 'aad'),
    };
    const sealed = concatBytes(bytesOf(vector, 'ct'), bytesOf(vector, 'tag'));
    const message = bytesOf(vector, 'msg');
    const opened = openSealed(call, sealed);
    if (opened === undefined) return [verdict(vector, 'refused')];
    const { ciphertext, tag } = seal(call, message);
    const right = equalPublicBytes(opened, message) && equalPublicBytes(concatBytes(ciphertext, tag), sealed);
    return [verdict(vector, right ? 'right' : 'wrong')];
  };
}

function cipherOf(algorithm: 'AES-GCM' | 'AES-CCM', { keySize }: TestGroup): SuiteParameters['cipher'] | undefined {
  if (algorithm === 'AES-CCM') return keySize === 128 ? 'aes-128-ccm' : undefined;
  return keySize === 128 ? 'aes-128-gcm' : keySize === 256 ? 'aes-256-gcm' : undefined;
}
