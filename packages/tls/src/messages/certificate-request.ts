import { ByteWriter } from '@keystile/bytes';
import { type Extension, type ExtensionBlock, encodeExtensions, readExtensions } from '../extensions/extension.ts';
import { decodeAll, encodeMessage } from './message.ts';

/** CertificateRequest, RFC 8446 §4.3.2. */
export interface CertificateRequest {
  /** Empty in the handshake; only post-handshake authentication, which is never offered, fills it. */
  readonly context: Uint8Array;
  readonly extensions: ExtensionBlock;
}

export function decodeCertificateRequest(body: Uint8Array): CertificateRequest {
  return decodeAll('CertificateRequest', body, (reader) => ({
    context: reader.vector8(),
    extensions: readExtensions(reader),
  }));
}

/** For a server: the engine itself never sends one. */
export function encodeCertificateRequest(context: Uint8Array, extensions: readonly Extension[]): Uint8Array {
  const body = new ByteWriter().vector8(context).bytes(encodeExtensions(extensions)).finish();
  return encodeMessage('CertificateRequest', body);
}
