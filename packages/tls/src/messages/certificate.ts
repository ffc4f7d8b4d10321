import { ByteReader, ByteWriter } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { type Extension, type ExtensionBlock, encodeExtensions, readExtensions } from '../extensions/extension.ts';
import { certificatesMax } from '../limits.ts';
import { decodeAll, encodeMessage, nonEmptyVector } from './message.ts';

/** Certificate, RFC 8446 §4.4.2. The certificates themselves stay opaque DER here. */
export interface Certificate {
  readonly context: Uint8Array;
  /** Sender's own certificate first. Empty: the sender has none. */
  readonly entries: readonly CertificateEntry[];
}

export interface CertificateEntry {
  readonly certificate: Uint8Array;
  readonly extensions: ExtensionBlock;
}

/** The certificates are copies: they outlive the message. */
export function decodeCertificate(body: Uint8Array): Certificate {
  return decodeAll('Certificate', body, (reader) => {
    const context = reader.vector8();
    const list = new ByteReader(reader.vector24());
    const entries: CertificateEntry[] = [];
    while (list.remaining > 0) {
      if (entries.length === certificatesMax) {
        throw new KeystileError('KS-T117', `the server sent more than ${certificatesMax} certificates`);
      }
      const certificate = nonEmptyVector(list.vector24()).slice();
      entries.push({ certificate, extensions: readExtensions(list) });
    }
    return { context, entries };
  });
}

/** `leafExtensions` go to the first entry; the client sends none. */
export function encodeCertificate(
  context: Uint8Array,
  chain: readonly Uint8Array[],
  leafExtensions: readonly Extension[] = [],
): Uint8Array {
  const list = new ByteWriter(2048);
  for (const [index, certificate] of chain.entries()) {
    list.vector24(certificate).bytes(encodeExtensions(index === 0 ? leafExtensions : []));
  }
  return encodeMessage('Certificate', new ByteWriter(2048).vector8(context).vector24(list.finish()).finish());
}
