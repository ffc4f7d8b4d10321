import { hash, type KeyObject, X509Certificate } from 'node:crypto';
import { ByteWriter } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { describeCode, type SignatureScheme, signatureSchemeCodes } from '../codepoints.ts';
import { encodeCertificate } from '../messages/certificate.ts';
import type { CheckedTlsPolicy } from '../policy.ts';
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
  /** SHA-256 in hexadecimal over the whole chain. */
  readonly digest: string;
  /** Its Certificate message of TLS 1.3, which is the same in every handshake. */
  readonly message: Uint8Array;
}

/**
 * Throws `KS-T131` for a certificate that cannot be read or whose key is not of the scheme it is said to have. What it
 * gave before is taken as it is: a certificate can be checked once for many connections.
 */
export function checkClientCertificate(given: ClientCertificate): CheckedClientCertificate {
  if (isChecked(given)) return given;
  const { chain, scheme } = given;
  const [leaf] = chain;
  const key = leaf && verifyingKeyOf(publicKeyOf(leaf));
  if (key?.scheme !== scheme) {
    throw new KeystileError('KS-T131', `the client certificate does not hold a key for ${scheme}`);
  }
  const own = Object.freeze({
    chain: Object.freeze([...chain]),
    scheme,
    key,
    digest: digestOf(chain),
    message: encodeCertificate(new Uint8Array(0), chain),
  });
  checked.add(own);
  return own;
}

function digestOf(chain: readonly Uint8Array[]): string {
  const list = new ByteWriter(2048);
  for (const certificate of chain) list.vector24(certificate);
  return hash('sha256', list.finish());
}

const checked = new WeakSet<ClientCertificate>();

function isChecked(given: ClientCertificate): given is CheckedClientCertificate {
  return checked.has(given);
}

/**
 * The certificate to answer a request with, RFC 8446 §4.4.2 and RFC 5246 §7.4.6: a client without one answers with an
 * empty list; a policy may forbid more. `schemes`: code points that the server can verify; a key of another one is
 * `KS-T124`.
 */
export function certificateFor(
  options: { readonly policy: CheckedTlsPolicy; readonly clientCertificate: CheckedClientCertificate | undefined },
  schemes: readonly number[],
): CheckedClientCertificate | undefined {
  const { policy, clientCertificate } = options;
  if (policy.clientAuthentication === 'never' || clientCertificate === undefined) return undefined;
  if (schemes.includes(signatureSchemeCodes[clientCertificate.scheme])) return clientCertificate;
  const accepted = schemes.map((scheme) => describeCode(signatureSchemeCodes, scheme)).join(', ');
  throw new KeystileError('KS-T124', `the key signs with ${clientCertificate.scheme}; the server accepts ${accepted}`);
}

function publicKeyOf(certificate: Uint8Array): KeyObject {
  try {
    return new X509Certificate(certificate).publicKey;
  } catch {
    throw new KeystileError('KS-T131', 'the client certificate is not a DER certificate');
  }
}
