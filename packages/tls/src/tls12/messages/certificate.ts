import { ByteReader, ByteWriter } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { certificatesMax } from '../../limits.ts';
import { decodeAll, encodeMessage, nonEmptyVector } from '../../messages/message.ts';

/** Certificate of TLS 1.2, RFC 5246 §7.4.2: DER, the sender's own first. The copies outlive the message. */
export function decodeTls12Certificate(body: Uint8Array): readonly Uint8Array[] {
  return decodeAll('Certificate', body, (reader) => {
    const list = new ByteReader(reader.vector24());
    const chain: Uint8Array[] = [];
    while (list.remaining > 0) {
      if (chain.length === certificatesMax) {
        throw new KeystileError('KS-T117', `the server sent more than ${certificatesMax} certificates`);
      }
      chain.push(nonEmptyVector(list.vector24()).slice());
    }
    return chain;
  });
}

/** An empty chain says that the client has no certificate, RFC 5246 §7.4.6. */
export function encodeTls12Certificate(chain: readonly Uint8Array[]): Uint8Array {
  const list = new ByteWriter(2048);
  for (const certificate of chain) list.vector24(certificate);
  return encodeMessage('Certificate', new ByteWriter(2048).vector24(list.finish()).finish());
}
