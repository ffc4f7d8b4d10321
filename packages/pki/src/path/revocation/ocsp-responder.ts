import { createHash } from 'node:crypto';
import { toHex } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import type { Certificate } from '../certificate.ts';
import { equalNames } from '../distinguished-name.ts';
import { checkProfile } from '../profile.ts';
import { refuseForeignKey, type SignaturePolicy, subjectPublicKeyOf, verifiesWith } from '../signature-policy.ts';
import type { OcspResponse, ResponderId } from './ocsp-response.ts';

/**
 * Who may answer for an issuer (RFC 6960 §4.2.2.2): the issuer itself, or the holder of a certificate that its own key
 * signed for just this. A responder that the client alone would trust does not exist here.
 */
export interface ResponderRequest {
  readonly response: OcspResponse;
  readonly issuer: Certificate;
  readonly atMs: number;
  readonly signatures: SignaturePolicy;
  /** Called before each signature check. */
  readonly onSignature: () => void;
}

const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';

/**
 * Verifies the response's signature, and returns the delegate's certificate when it was not the issuer who signed.
 * Throws `KS-P120`.
 */
export function verifyResponder(request: ResponderRequest): Certificate | undefined {
  const { response, issuer } = request;
  if (names(response.responder, issuer)) {
    verifyResponse(request, issuer);
    return undefined;
  }
  const delegate = response.certificates.find((each) => names(response.responder, each));
  if (delegate === undefined) throw unauthorised('its responder is neither the issuer nor in the list of certificates');
  checkDelegate(request, delegate);
  verifyResponse(request, delegate);
  return delegate;
}

function names(responder: ResponderId, certificate: Certificate): boolean {
  if (responder.kind === 'name') return equalNames(responder.name, certificate.subject);
  const hash = createHash('sha1').update(subjectPublicKeyOf(certificate.spki)).digest();
  return responder.hash === toHex(hash);
}

function verifyResponse({ response, signatures, onSignature }: ResponderRequest, signer: Certificate): void {
  onSignature();
  if (verifiesWith(response, signer.spki, { policy: signatures, name: 'the stapled OCSP answer' })) return;
  throw unauthorised(`its signature is not by '${signer.subject.text}'`);
}

function checkDelegate({ issuer, atMs, signatures, onSignature }: ResponderRequest, delegate: Certificate): void {
  const name = `its responder '${delegate.subject.text}'`;
  if (!equalNames(delegate.issuer, issuer.subject))
    throw unauthorised(`${name} was not certified by the issuer itself`);
  checkProfile(delegate, 'received');
  refuseForeignKey(delegate, signatures);
  // anyExtendedKeyUsage does not do: the CA has to mean it (RFC 6960 §4.2.2.2).
  if (delegate.extendedKeyUsage?.has(OCSP_SIGNING) !== true) throw unauthorised(`${name} lacks the use OCSPSigning`);
  if (delegate.keyUsage !== undefined && !delegate.keyUsage.digitalSignature) {
    throw unauthorised(`the key usage of ${name} does not allow signatures`);
  }
  if (atMs < delegate.notBeforeMs || atMs > delegate.notAfterMs + 999) {
    throw unauthorised(`the certificate of ${name} is not valid at ${new Date(atMs).toISOString()}`);
  }
  onSignature();
  if (!verifiesWith(delegate, issuer.spki, { policy: signatures, name })) {
    throw unauthorised(`the certificate of ${name} is not signed by the issuer`);
  }
}

function unauthorised(detail: string): KeystileError {
  return new KeystileError('KS-P120', `the stapled OCSP answer is refused: ${detail}`);
}
