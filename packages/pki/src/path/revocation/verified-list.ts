import { KeystileError } from '@keystile/errors';
import { parseCertificate } from '../certificate.ts';
import { equalNames } from '../distinguished-name.ts';
import { productSignatures, verifiesWith } from '../signature-policy.ts';
import { type CertificateRevocationList, parseRevocationList } from './certificate-revocation-list.ts';

/** A list as a server wants it: all of what one CA has revoked, rather than the answer about one path. */
export type VerifiedRevocationList = Pick<
  CertificateRevocationList,
  'number' | 'thisUpdateMs' | 'nextUpdateMs' | 'revoked'
>;

/**
 * The list of one CA, verified by its certificate (both DER); `lengthMax` is in bytes. Whether it is fresh is the
 * caller's question: a revoked certificate stays revoked when the list is old. Throws `KS-P113` and `KS-P114`.
 */
export function verifyRevocationList(
  der: Uint8Array,
  issuerDer: Uint8Array,
  lengthMax: number,
): VerifiedRevocationList {
  const issuer = parseCertificate(issuerDer);
  const list = parseRevocationList(der, lengthMax);
  const name = `the revocation list of '${issuer.subject.text}'`;
  const isOwn = equalNames(list.issuer, issuer.subject) && list.authorityKeyIdentifier === issuer.subjectKeyIdentifier;
  if (!isOwn) throw new KeystileError('KS-P114', `a revocation list of '${list.issuer.text}' is not ${name}`);
  if (issuer.keyUsage !== undefined && !issuer.keyUsage.crlSign) {
    throw new KeystileError('KS-P114', `the key usage of '${issuer.subject.text}' does not allow it to sign lists`);
  }
  if (!verifiesWith(list, issuer.spki, { policy: productSignatures, name })) {
    throw new KeystileError('KS-P114', `the signature of ${name} does not verify`);
  }
  const { number, thisUpdateMs, nextUpdateMs, revoked } = list;
  return { number, thisUpdateMs, nextUpdateMs, revoked };
}
