import { DerReader, type Element, notDer } from '../der.ts';
import { type DistinguishedName, parseName } from '../distinguished-name.ts';

/** GeneralName (RFC 5280 §4.2.1.6), the forms that a constraint or an identity may use. */
export type GeneralName =
  | { readonly kind: 'dns' | 'uri' | 'email'; readonly value: string }
  | { readonly kind: 'ip'; readonly value: Uint8Array }
  | { readonly kind: 'directory'; readonly value: DistinguishedName }
  | { readonly kind: 'other'; readonly tag: number };

const TAG_EMAIL = 0x81;
const TAG_DNS = 0x82;
const TAG_DIRECTORY = 0xa4;
const TAG_URI = 0x86;
const TAG_IP = 0x87;

/** Bytes of one name; the longest that means something is a URI. */
const NAME_LENGTH_MAX = 2_048;
/** More names than a certificate needs; the list is compared against constraints. */
const NAMES_MAX = 512;

export function parseGeneralNames(reader: DerReader): readonly GeneralName[] {
  const names: GeneralName[] = [];
  while (!reader.done) {
    names.push(parseGeneralName(reader.next()));
    if (names.length > NAMES_MAX) throw notDer(`more than ${NAMES_MAX} names`);
  }
  return names;
}

export function parseGeneralName(element: Element): GeneralName {
  switch (element.tag) {
    case TAG_EMAIL:
      return { kind: 'email', value: ia5(element) };
    case TAG_DNS:
      return { kind: 'dns', value: ia5(element) };
    case TAG_URI:
      return { kind: 'uri', value: ia5(element) };
    case TAG_IP:
      return { kind: 'ip', value: element.content };
    case TAG_DIRECTORY: {
      const inner = new DerReader(element.content);
      const name = inner.next();
      inner.end();
      return { kind: 'directory', value: parseName(name.encoded) };
    }
    default:
      return { kind: 'other', tag: element.tag };
  }
}

function ia5(element: Element): string {
  if (element.content.length > NAME_LENGTH_MAX) throw notDer(`a name of ${element.content.length} bytes`);
  if (element.content.some((byte) => byte < 0x20 || byte > 0x7e)) throw notDer('a name outside printable ASCII');
  return String.fromCharCode(...element.content);
}
