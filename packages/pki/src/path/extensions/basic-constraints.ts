import { booleanOf, notDer, openElement, smallIntegerOf, tags } from '../der.ts';

export const BASIC_CONSTRAINTS = '2.5.29.19';

export interface BasicConstraints {
  readonly ca: boolean;
  /** Intermediate certificates that may follow, the leaf not counted. */
  readonly pathLengthMax: number | undefined;
}

/** RFC 5280 §4.2.1.9. */
export function parseBasicConstraints(value: Uint8Array): BasicConstraints {
  const reader = openElement(value, tags.sequence);
  const caElement = reader.optional(tags.boolean);
  const ca = caElement !== undefined && booleanOf(caElement);
  if (caElement !== undefined && !ca) throw notDer('a default value that is written out');
  const lengthElement = reader.optional(tags.integer);
  reader.end();
  const pathLengthMax = lengthElement === undefined ? undefined : smallIntegerOf(lengthElement);
  if (pathLengthMax !== undefined && !ca) throw notDer('a path length on a certificate that is no CA');
  return { ca, pathLengthMax };
}
