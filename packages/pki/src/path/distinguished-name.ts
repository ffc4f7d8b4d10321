import { decodeUtf8, toHex } from '@keystile/bytes';
import { type DerReader, type Element, notDer, objectIdentifierOf, openElement, tags } from './der.ts';

/**
 * Distinguished names. Comparison is over the attributes in order, with the string form folded as RFC 5280 §7.1 asks
 * of printable text (case and inner blanks); other string types compare by their bytes.
 */
export interface DistinguishedName {
  readonly encoded: Uint8Array;
  /** One comparable text per RDN, in order. */
  readonly relativeNames: readonly string[];
  /** For sentences: `CN=…, O=…`. */
  readonly text: string;
}

const attributeLabels: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
};

/** More attributes than any real name has. */
const ATTRIBUTES_MAX = 32;
/** Characters of one value in a sentence: a hostile name must not fill a log. */
const SHOWN_MAX = 64;

export function parseName(encoded: Uint8Array): DistinguishedName {
  const reader = openElement(encoded, tags.sequence);
  const relativeNames: string[] = [];
  const shown: string[] = [];
  while (!reader.done) {
    const set = reader.enter(tags.set);
    const attributes: string[] = [];
    while (!set.done) {
      const { type, value } = parseAttribute(set.enter(tags.sequence));
      attributes.push(`${type}=${comparable(value)}`);
      shown.push(`${attributeLabels[type] ?? type}=${printable(value)}`);
    }
    if (attributes.length === 0) throw notDer('an empty relative name');
    relativeNames.push(attributes.toSorted().join('+'));
    if (shown.length > ATTRIBUTES_MAX) throw notDer('a name with too many attributes');
  }
  return { encoded, relativeNames, text: shown.toReversed().join(', ') };
}

export function equalNames(a: DistinguishedName, b: DistinguishedName): boolean {
  return a.relativeNames.length === b.relativeNames.length && isWithin(a, b);
}

/** Whether `name` lies in the subtree whose top is `base`. */
export function isWithin(name: DistinguishedName, base: DistinguishedName): boolean {
  return base.relativeNames.every((relative, i) => name.relativeNames[i] === relative);
}

function parseAttribute(reader: DerReader): { type: string; value: Element } {
  const type = objectIdentifierOf(reader.next(tags.objectIdentifier));
  const value = reader.next();
  reader.end();
  return { type, value };
}

function comparable(value: Element): string {
  const text = directoryText(value);
  if (text === undefined) return toHex(value.encoded);
  return `"${text.trim().replace(/\s+/g, ' ').toLowerCase()}"`;
}

function printable(value: Element): string {
  const text = directoryText(value) ?? `#${toHex(value.encoded)}`;
  const clean = text.replace(/[^\x20-\x7e\u00a0-\uffff]/gu, '?');
  return clean.length > SHOWN_MAX ? `${clean.slice(0, SHOWN_MAX)}…` : clean;
}

/** UTF8String and PrintableString as text; undefined for the other types. */
function directoryText(value: Element): string | undefined {
  if (value.tag !== tags.utf8String && value.tag !== tags.printableString) return undefined;
  try {
    return decodeUtf8(value.content);
  } catch {
    throw notDer('a name that is not UTF-8');
  }
}
