import { decodeUtf8, toHex } from '@keystile/bytes';
import { DerReader, type Element, notDer, objectIdentifierOf, openElement, tags } from './der.ts';

/**
 * Distinguished names. Comparison is over the attributes in order, with the string form folded as RFC 5280 §7.1 asks
 * of printable text (case and inner blanks); other string types compare by their bytes.
 */
export interface DistinguishedName {
  readonly encoded: Uint8Array;
  /** One comparable text per RDN, in order. */
  readonly relativeNames: readonly string[];
  /** Values of the attribute emailAddress. */
  readonly mailAddresses: readonly string[];
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

const EMAIL_ADDRESS = '1.2.840.113549.1.9.1';
/** More attributes than any real name has. */
const ATTRIBUTES_MAX = 32;
/** RFC 5321 §4.5.3.1: 64 characters, @, 255 characters. */
const MAIL_MAX = 320;
/** Characters of one value in a sentence: a hostile name must not fill a log. */
const SHOWN_MAX = 64;

export function parseName(encoded: Uint8Array): DistinguishedName {
  const reader = openElement(encoded, tags.sequence);
  const relativeNames: string[] = [];
  const shown: string[] = [];
  const mailAddresses: string[] = [];
  while (!reader.done) {
    const attributes = parseRelativeName(reader.enter(tags.set));
    for (const { type, value } of attributes) {
      shown.push(`${attributeLabels[type] ?? type}=${printable(value)}`);
      if (type === EMAIL_ADDRESS) mailAddresses.push(String.fromCharCode(...value.content.subarray(0, MAIL_MAX)));
    }
    if (shown.length > ATTRIBUTES_MAX) throw notDer('a name with too many attributes');
    relativeNames.push(
      attributes
        .map(({ type, value }) => `${type}=${comparable(value)}`)
        .toSorted()
        .join('+'),
    );
  }
  return { encoded, relativeNames, mailAddresses, text: shown.toReversed().join(', ') };
}

export function equalNames(a: DistinguishedName, b: DistinguishedName): boolean {
  return a.relativeNames.length === b.relativeNames.length && isWithin(a, b);
}

/** Whether `name` lies in the subtree whose top is `base`. */
export function isWithin(name: DistinguishedName, base: DistinguishedName): boolean {
  return base.relativeNames.every((relative, i) => name.relativeNames[i] === relative);
}

/** One or more attributes, in the order that DER demands of a SET OF (X.690 §11.6). */
function parseRelativeName(set: DerReader): readonly Attribute[] {
  const attributes: Attribute[] = [];
  let before: Uint8Array | undefined;
  while (!set.done) {
    const element = set.next(tags.sequence);
    if (before !== undefined && Buffer.compare(before, element.encoded) >= 0) throw notDer('a set that is not sorted');
    before = element.encoded;
    attributes.push(parseAttribute(new DerReader(element.content)));
    if (attributes.length > ATTRIBUTES_MAX) throw notDer('a name with too many attributes');
  }
  if (attributes.length === 0) throw notDer('an empty relative name');
  return attributes;
}

interface Attribute {
  readonly type: string;
  readonly value: Element;
}

function parseAttribute(reader: DerReader): Attribute {
  const type = objectIdentifierOf(reader.next(tags.objectIdentifier));
  const value = reader.next();
  reader.end();
  return { type, value };
}

function comparable(value: Element): string {
  const text = directoryText(value);
  if (text === undefined) return toHex(value.encoded);
  // Quoted, so that no text can look like the end of one attribute and the beginning of another.
  return JSON.stringify(text.trim().replace(/\s+/g, ' ').toLowerCase());
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
