import { type DerReader, notDer, openElement, tags } from '../der.ts';
import { type GeneralName, parseGeneralName } from './general-name.ts';

export const NAME_CONSTRAINTS = '2.5.29.30';

export interface NameConstraints {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
}

const TAG_PERMITTED = 0xa0;
const TAG_EXCLUDED = 0xa1;
const SUBTREES_MAX = 512;

/** RFC 5280 §4.2.1.10. `minimum` and `maximum` are not used there and refused here. */
export function parseNameConstraints(value: Uint8Array): NameConstraints {
  const reader = openElement(value, tags.sequence);
  const permitted = reader.optional(TAG_PERMITTED);
  const excluded = reader.optional(TAG_EXCLUDED);
  reader.end();
  if (permitted === undefined && excluded === undefined) throw notDer('name constraints without constraints');
  return {
    permitted: permitted === undefined ? [] : subtrees(permitted.encoded, TAG_PERMITTED),
    excluded: excluded === undefined ? [] : subtrees(excluded.encoded, TAG_EXCLUDED),
  };
}

function subtrees(encoded: Uint8Array, tag: number): readonly GeneralName[] {
  const reader = openElement(encoded, tag);
  const bases: GeneralName[] = [];
  while (!reader.done) bases.push(subtree(reader.enter(tags.sequence)));
  if (bases.length === 0 || bases.length > SUBTREES_MAX) throw notDer('a list of subtrees that is empty or too long');
  return bases;
}

function subtree(reader: DerReader): GeneralName {
  const base = parseGeneralName(reader.next());
  reader.end();
  return base;
}
