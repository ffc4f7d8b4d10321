import { KeystileError } from '@keystile/errors';

/**
 * Strict DER (X.690): definite minimal lengths, low tag numbers, no bytes left over. BER is refused, since two readings
 * of one certificate are an attack. Slices share memory with the input.
 */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

export interface Element {
  readonly tag: number;
  /** Tag, length and content. */
  readonly encoded: Uint8Array;
  readonly content: Uint8Array;
}

/** A certificate that is not DER is the peer's fault; the sentence says what is wrong and never what it holds. */
export function notDer(detail: string): KeystileError {
  return new KeystileError('KS-P100', detail);
}

export class DerReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(content: Uint8Array) {
    this.#bytes = content;
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The next element; `tag`, when given, must be its tag. Throws `KS-P100`. */
  next(tag?: number): Element {
    const start = this.#at;
    const found = this.#bytes[start];
    if (found === undefined) throw notDer('an element is missing');
    if ((found & 0x1f) === 0x1f) throw notDer('a tag number above 30');
    if (tag !== undefined && found !== tag)
      throw notDer(`tag 0x${found.toString(16)} where 0x${tag.toString(16)} belongs`);
    const { length, contentAt } = this.#lengthAt(start + 1);
    const end = contentAt + length;
    if (end > this.#bytes.length) throw notDer('an element is longer than what holds it');
    this.#at = end;
    return { tag: found, encoded: this.#bytes.subarray(start, end), content: this.#bytes.subarray(contentAt, end) };
  }

  /** The next element when it has this tag. */
  optional(tag: number): Element | undefined {
    return this.#bytes[this.#at] === tag ? this.next(tag) : undefined;
  }

  /** A reader over the content of the next element. */
  enter(tag: number): DerReader {
    return new DerReader(this.next(tag).content);
  }

  end(): void {
    if (!this.done) throw notDer('bytes left over');
  }

  #lengthAt(at: number): { length: number; contentAt: number } {
    const first = this.#bytes[at];
    if (first === undefined) throw notDer('a length is missing');
    if (first < 0x80) return { length: first, contentAt: at + 1 };
    const width = first & 0x7f;
    if (width === 0) throw notDer('an indefinite length');
    if (width > 4) throw notDer('a length of more than four bytes');
    let length = 0;
    for (let i = 1; i <= width; i++) length = length * 256 + (this.#bytes[at + i] ?? 0);
    if (length < 0x80 || length < 256 ** (width - 1)) throw notDer('a length that is not minimal');
    return { length, contentAt: at + 1 + width };
  }
}

/** All of `encoded` is one element with this tag; a reader over its content. */
export function openElement(encoded: Uint8Array, tag: number): DerReader {
  const outer = new DerReader(encoded);
  const inner = outer.enter(tag);
  outer.end();
  return inner;
}

export function booleanOf(element: Element): boolean {
  if (element.content.length !== 1 || (element.content[0] !== 0 && element.content[0] !== 0xff)) {
    throw notDer('a boolean that is neither 00 nor FF');
  }
  return element.content[0] === 0xff;
}

/** Content of an INTEGER, checked to be minimal. */
export function integerOf(element: Element): Uint8Array {
  const [first, second] = element.content;
  if (first === undefined) throw notDer('an empty integer');
  if (second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) {
    throw notDer('an integer that is not minimal');
  }
  return element.content;
}

/** A small non-negative INTEGER, such as a path length. */
export function smallIntegerOf(element: Element): number {
  const content = integerOf(element);
  if ((content[0] ?? 0) >= 0x80) throw notDer('a negative number');
  if (content.length > 4) throw notDer('a number that is too large');
  return content.reduce((value, byte) => value * 256 + byte, 0);
}

/** A BIT STRING: its bytes, and how many bits of the last one do not count. Bits that do not count are zero. */
export function bitStringOf(element: Element): { readonly bytes: Uint8Array; readonly unused: number } {
  const unused = element.content[0];
  const bytes = element.content.subarray(1);
  const last = bytes.at(-1) ?? 0;
  if (unused === undefined || unused > 7 || (bytes.length === 0 && unused !== 0)) throw notDer('a bit string');
  if ((last & ((1 << unused) - 1)) !== 0) throw notDer('a bit string whose unused bits are set');
  return { bytes, unused };
}

/** Dotted decimal. */
export function objectIdentifierOf(element: Element): string {
  const arcs: number[] = [];
  let arc = 0;
  let begun = false;
  for (const byte of element.content) {
    if (!begun && byte === 0x80) throw notDer('an object identifier with padding');
    arc = arc * 128 + (byte & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER) throw notDer('an object identifier arc that is too large');
    begun = byte >= 0x80;
    if (begun) continue;
    arcs.push(arc);
    arc = 0;
  }
  if (begun || arcs.length === 0) throw notDer('an object identifier that ends early');
  const [first = 0, ...rest] = arcs;
  const root = Math.min(Math.floor(first / 40), 2);
  return [root, first - 40 * root, ...rest].join('.');
}

const utcTime = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
const generalizedTime = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;

/** Milliseconds since 1970. RFC 5280 §4.1.2.5: UTCTime until 2049, GeneralizedTime from 2050, seconds and Z always. */
export function timeOf(element: Element): number {
  if (element.tag !== tags.utcTime) {
    const time = generalizedTimeOf(element);
    if (time < FIRST_OF_2050) throw notDer('a GeneralizedTime before 2050');
    return time;
  }
  const [year = 0, ...rest] = timeFields(element, utcTime);
  return instant([year < 50 ? 2000 + year : 1900 + year, ...rest]);
}

/** The same for a protocol that knows no UTCTime (RFC 6960). */
export function generalizedTimeOf(element: Element): number {
  if (element.tag !== tags.generalizedTime) throw notDer('a time of another type');
  return instant(timeFields(element, generalizedTime));
}

const FIRST_OF_2050 = Date.UTC(2050, 0);

function timeFields(element: Element, form: RegExp): readonly number[] {
  const match = form.exec(String.fromCharCode(...element.content.subarray(0, 16)));
  if (match === null || element.content.length > 15) throw notDer('a time that is not in the form of RFC 5280');
  return match.slice(1).map(Number);
}

function instant([year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0]: readonly number[]): number {
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  const back = new Date(time);
  // Date.UTC takes the years below 100 for those of the last century.
  if (year < 100) throw notDer('a year before 100');
  if (back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) {
    throw notDer('a time that does not exist');
  }
  return time;
}
