/** Reads the device's certificate out of a part, over the bus. */
import { X509Certificate } from 'node:crypto';
import { concatBytes } from '@keystile/bytes';
import type { Part } from '@keystile/device';
import { chainFields, commands, decodeField, READ_MAX } from '@keystile/link';

/** The part's own certificate, which is public; undefined before it was provisioned. */
export async function deviceCertificate(part: Part): Promise<X509Certificate | undefined> {
  const pieces: Uint8Array[] = [];
  for (let offset = 0, total = 1; offset < total; ) {
    const piece = await part.call(commands.read, { object: 'ldevid-chain', offset, lengthMax: READ_MAX });
    pieces.push(piece.bytes.slice());
    offset += piece.bytes.length;
    total = piece.bytes.length === 0 ? 0 : piece.length;
  }
  const [leaf] = decodeField(chainFields, concatBytes(...pieces));
  return leaf === undefined ? undefined : new X509Certificate(leaf);
}
