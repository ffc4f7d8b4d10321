import { notDer, objectIdentifierOf, openElement, tags } from '../der.ts';

export const EXTENDED_KEY_USAGE = '2.5.29.37';
export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
export const ANY_EXTENDED_KEY_USAGE = '2.5.29.37.0';

/** RFC 5280 §4.2.1.12. */
export function parseExtendedKeyUsage(value: Uint8Array): ReadonlySet<string> {
  const reader = openElement(value, tags.sequence);
  const purposes = new Set<string>();
  while (!reader.done) purposes.add(objectIdentifierOf(reader.next(tags.objectIdentifier)));
  if (purposes.size === 0) throw notDer('an extended key usage without purposes');
  return purposes;
}
