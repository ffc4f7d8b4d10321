import { bitStringOf, DerReader, notDer, tags } from '../der.ts';

export const KEY_USAGE = '2.5.29.15';

export interface KeyUsage {
  readonly digitalSignature: boolean;
  readonly keyCertSign: boolean;
  readonly crlSign: boolean;
}

/** RFC 5280 §4.2.1.3: bit 0 digitalSignature, 5 keyCertSign, 6 cRLSign. At least one bit is set. */
export function parseKeyUsage(value: Uint8Array): KeyUsage {
  const reader = new DerReader(value);
  const { bytes, unused } = bitStringOf(reader.next(tags.bitString));
  reader.end();
  const bits = bytes[0] ?? 0;
  if (bytes.every((byte) => byte === 0)) throw notDer('a key usage without uses');
  // X.690 §11.2.2: a list of named bits ends with one that is set.
  if ((((bytes.at(-1) ?? 0) >> unused) & 1) === 0) throw notDer('a key usage with trailing zero bits');
  return {
    digitalSignature: (bits & 0x80) !== 0,
    keyCertSign: (bits & 0x04) !== 0,
    crlSign: (bits & 0x02) !== 0,
  };
}
