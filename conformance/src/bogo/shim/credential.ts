import { createPrivateKey, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ClientCertificate, SignatureScheme } from '@keystile/tls';
import { signatureSchemeCodes } from '@keystile/tls/codec';
import { type Flags, Unimplemented } from './flags.ts';

/** The client's certificate with a key that signs here: in the product it would lie in a vault. */
export interface Credential {
  readonly certificate: ClientCertificate;
  /** Over the content, not over its hash; DER. */
  sign(input: Uint8Array): Uint8Array;
}

/** Undefined when the flags give the client none. */
export function credentialOf(flags: Flags): Credential | undefined {
  const { 'cert-file': certificateFile, 'key-file': keyFile, 'signing-prefs': preferences } = flags;
  if (certificateFile === undefined || keyFile === undefined) return undefined;
  const key = createPrivateKey(readFileSync(keyFile));
  const { scheme, hash } = schemeOf(key);
  if (preferences !== undefined && !preferences.includes(signatureSchemeCodes[scheme])) {
    throw new Unimplemented(`a P-256 or P-384 key that does not sign with ${scheme}`);
  }
  const chain = certificatesIn(certificateFile);
  return { certificate: { chain, scheme }, sign: (input) => sign(hash, input, key) };
}

/** DER of every certificate in a PEM file. */
export function certificatesIn(file: string): readonly Uint8Array[] {
  const blocks = readFileSync(file, 'utf8').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block).raw);
}

function schemeOf(key: KeyObject): { readonly scheme: SignatureScheme; readonly hash: string } {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (curve === 'prime256v1') return { scheme: 'ecdsa_secp256r1_sha256', hash: 'sha256' };
  if (curve === 'secp384r1') return { scheme: 'ecdsa_secp384r1_sha384', hash: 'sha384' };
  throw new Unimplemented(`a client key of the kind ${curve ?? key.asymmetricKeyType}`);
}
