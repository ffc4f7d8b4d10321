import { type KeyObject, X509Certificate } from 'node:crypto';
import { KeystileError } from '@keystile/errors';
import type { SignatureScheme } from '../codepoints.ts';
import { type VerifyingKey, verifyingKeyOf } from '../signature.ts';

/** The client's own certificate. The key is elsewhere: signatures are asked for and answered. */
export interface ClientCertificate {
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  /** The scheme of the leaf's key. */
  readonly scheme: SignatureScheme;
}

/** The same with the key that every signature is checked under before it is sent. */
export interface CheckedClientCertificate extends ClientCertificate {
  readonly key: VerifyingKey;
}

/** Throws `KS-T131` for a certificate that cannot be read or whose key is not of the scheme it is said to have. */
export function checkClientCertificate({ chain, scheme }: ClientCertificate): CheckedClientCertificate {
  const [leaf] = chain;
  const key = leaf && verifyingKeyOf(publicKeyOf(leaf));
  if (key?.scheme !== scheme) {
    throw new KeystileError('KS-T131', `the client certificate does not hold a key for ${scheme}`);
  }
  return { chain: [...chain], scheme, key };
}

function publicKeyOf(certificate: Uint8Array): KeyObject {
  try {
    return new X509Certificate(certificate).publicKey;
  } catch {
    throw new KeystileError('KS-T131', 'the client certificate is not a DER certificate');
  }
}
