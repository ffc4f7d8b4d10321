import { createPublicKey } from 'node:crypto';
import { KeystileError } from '@keystile/errors';
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from './x509-library.ts';

/** What a PKCS #10 request asks for. An issuer decides by it and copies nothing from it but the key. */
export interface ParsedRequest {
  /** SubjectPublicKeyInfo, DER; P-256, and the request is signed with its private half. */
  readonly publicKey: Uint8Array;
  /** URIs of the subject alternative name that it asks for. */
  readonly uris: readonly string[];
  /** Whether it asks for names of another kind as well. */
  readonly otherNames: boolean;
}

/** Throws `KS-P112` for a request that is malformed, for a key that is not P-256, and for a signature that fails. */
export async function parseCertificationRequest(der: Uint8Array): Promise<ParsedRequest> {
  try {
    const request = new Pkcs10CertificateRequest(new Uint8Array(der));
    const publicKey = new Uint8Array(request.publicKey.rawData);
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
    if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new TypeError('its key is not on P-256');
    if (!(await request.verify())) throw new TypeError('its signature does not verify');
    const extension = request.extensions.find((each) => each instanceof SubjectAlternativeNameExtension);
    const names = extension?.names.items ?? [];
    return {
      publicKey,
      uris: names.filter((name) => name.type === 'url').map((name) => name.value),
      otherNames: names.some((name) => name.type !== 'url'),
    };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KeystileError('KS-P112', `the certificate request is refused: ${reason}`, { cause });
  }
}
