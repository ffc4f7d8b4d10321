import { bitStringOf, DerReader, type Element, notDer, objectIdentifierOf, tags } from './der.ts';

/** What certificates, revocation lists and OCSP answers have in common: content, algorithm, signature. */
export interface Signed {
  /** The bytes that are signed. */
  readonly tbs: Uint8Array;
  /** Object identifier. */
  readonly signatureAlgorithm: string;
  readonly signature: Uint8Array;
}

/** ECDSA with any SHA-2. */
const ECDSA_ARC = '1.2.840.10045.4.3.';

/** The three elements, at the reader's place; `algorithm` is the encoded AlgorithmIdentifier. Throws `KS-P100`. */
export function readSigned(
  reader: DerReader,
): Signed & { readonly content: DerReader; readonly algorithm: Uint8Array } {
  const tbs = reader.next(tags.sequence);
  const algorithm = reader.next(tags.sequence);
  const signature = bitStringOf(reader.next(tags.bitString));
  if (signature.unused !== 0) throw notDer('a signature that is not whole bytes');
  return {
    tbs: tbs.encoded,
    content: new DerReader(tbs.content),
    algorithm: algorithm.encoded,
    signatureAlgorithm: signatureAlgorithmOf(algorithm),
    signature: signature.bytes,
  };
}

/** RFC 5758 §3.2: an ECDSA algorithm has no parameters, not even NULL. */
function signatureAlgorithmOf(algorithm: Element): string {
  const reader = new DerReader(algorithm.content);
  const identifier = objectIdentifierOf(reader.next(tags.objectIdentifier));
  if (identifier.startsWith(ECDSA_ARC)) reader.end();
  return identifier;
}
