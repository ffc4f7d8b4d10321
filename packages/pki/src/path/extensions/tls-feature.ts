import { notDer, openElement, smallIntegerOf, tags } from '../der.ts';

export const TLS_FEATURE = '1.3.6.1.5.5.7.1.24';
/** The number of the TLS extension status_request: a server with such a certificate must staple ("must-staple"). */
const STATUS_REQUEST = 5;

/** RFC 7633 §4.1: numbers of TLS extensions. True when the certificate promises a stapled OCSP answer. */
export function parseMustStaple(value: Uint8Array): boolean {
  const reader = openElement(value, tags.sequence);
  const features: number[] = [];
  while (!reader.done) features.push(smallIntegerOf(reader.next(tags.integer)));
  if (features.length === 0) throw notDer('a TLS feature extension without features');
  return features.includes(STATUS_REQUEST);
}
