import { notDer, openElement, tags } from '../der.ts';
import { type GeneralName, parseGeneralNames } from './general-name.ts';

export const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';

/** RFC 5280 §4.2.1.6. */
export function parseSubjectAlternativeName(value: Uint8Array): readonly GeneralName[] {
  const names = parseGeneralNames(openElement(value, tags.sequence));
  if (names.length === 0) throw notDer('a subject alternative name without names');
  return names;
}
