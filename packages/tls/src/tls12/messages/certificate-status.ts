import { decodeStapledOcsp, encodeStapledOcsp } from '../../extensions/status-request.ts';
import { encodeMessage } from '../../messages/message.ts';

/** CertificateStatus, RFC 6066 §8: TLS 1.3 moved its content into an extension of the certificate. One DER OCSPResponse. */
export function decodeCertificateStatus(body: Uint8Array): Uint8Array {
  return decodeStapledOcsp(body);
}

/** For a server: the engine itself never sends one. */
export function encodeCertificateStatus(response: Uint8Array): Uint8Array {
  return encodeMessage('CertificateStatus', encodeStapledOcsp(response));
}
