import { DerReader, openElement, tags } from '../der.ts';

export const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35';
export const SUBJECT_KEY_IDENTIFIER = '2.5.29.14';

const TAG_KEY_IDENTIFIER = 0x80;

/** RFC 5280 §4.2.1.2. Only a hint in the search for an issuer. */
export function parseSubjectKeyIdentifier(value: Uint8Array): Uint8Array {
  const reader = new DerReader(value);
  const identifier = reader.next(tags.octetString).content;
  reader.end();
  return identifier;
}

/** RFC 5280 §4.2.1.1: the key identifier, when it has one. Only a hint in the search for an issuer. */
export function parseAuthorityKeyIdentifier(value: Uint8Array): Uint8Array | undefined {
  return openElement(value, tags.sequence).optional(TAG_KEY_IDENTIFIER)?.content;
}
