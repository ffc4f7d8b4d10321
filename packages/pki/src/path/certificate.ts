import { toHex } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { type DerReader, type Element, integerOf, notDer, openElement, tags, timeOf } from './der.ts';
import { type DistinguishedName, parseName } from './distinguished-name.ts';
import { BASIC_CONSTRAINTS, type BasicConstraints, parseBasicConstraints } from './extensions/basic-constraints.ts';
import { EXTENDED_KEY_USAGE, parseExtendedKeyUsage } from './extensions/extended-key-usage.ts';
import { type Extensions, parseExtensions } from './extensions/extension-list.ts';
import type { GeneralName } from './extensions/general-name.ts';
import {
  AUTHORITY_KEY_IDENTIFIER,
  parseAuthorityKeyIdentifier,
  parseSubjectKeyIdentifier,
  SUBJECT_KEY_IDENTIFIER,
} from './extensions/key-identifiers.ts';
import { KEY_USAGE, type KeyUsage, parseKeyUsage } from './extensions/key-usage.ts';
import { NAME_CONSTRAINTS, type NameConstraints, parseNameConstraints } from './extensions/name-constraints.ts';
import { parseSubjectAlternativeName, SUBJECT_ALTERNATIVE_NAME } from './extensions/subject-alternative-name.ts';
import { parseMustStaple, TLS_FEATURE } from './extensions/tls-feature.ts';
import { readSigned, type Signed } from './signed.ts';

/**
 * An X.509 certificate, taken apart by the profile of RFC 5280. Parsing is not trusting: nothing here is verified.
 */
export interface Certificate extends Signed {
  readonly encoded: Uint8Array;
  /** Lower-case hexadecimal, without leading zeros of the encoding. */
  readonly serialNumber: string;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  /** Milliseconds since 1970, both inclusive. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  readonly basicConstraints: BasicConstraints | undefined;
  readonly keyUsage: KeyUsage | undefined;
  readonly extendedKeyUsage: ReadonlySet<string> | undefined;
  readonly subjectAlternativeNames: readonly GeneralName[] | undefined;
  readonly nameConstraints: NameConstraints | undefined;
  readonly subjectKeyIdentifier: string | undefined;
  readonly authorityKeyIdentifier: string | undefined;
  /** Whether it promises a stapled OCSP answer (RFC 7633). */
  readonly mustStaple: boolean;
  /** Every extension by its object identifier, and whether it is critical. */
  readonly extensions: ReadonlyMap<string, boolean>;
  /** Critical extensions that nothing here processes: a reason to refuse the certificate. */
  readonly unknownCritical: readonly string[];
}

/** One certificate; RFC 8446 allows 16 MiB, no real one needs a hundredth of this. */
const CERTIFICATE_MAX = 65_536;
/** RFC 5280 §4.1.2.2. */
const SERIAL_MAX = 20;

/** Throws `KS-P100`. */
export function parseCertificate(der: Uint8Array): Certificate {
  if (der.length > CERTIFICATE_MAX) throw notDer(`a certificate of ${der.length} bytes`);
  const outer = openElement(der, tags.sequence);
  const { content, algorithm, ...signed } = readSigned(outer);
  outer.end();
  return { encoded: der, ...signed, ...parseTbs(content, algorithm) };
}

const TAG_VERSION = 0xa0;
const TAG_EXTENSIONS = 0xa3;
const VERSION_3 = 2;

function parseTbs(reader: DerReader, outerAlgorithm: Uint8Array): Omit<Certificate, 'encoded' | keyof Signed> {
  const version = reader.enter(TAG_VERSION);
  const number = integerOf(version.next(tags.integer));
  version.end();
  if (number.length !== 1 || number[0] !== VERSION_3) throw notDer('a certificate that is not version 3');
  const serialNumber = serialNumberOf(reader.next(tags.integer));
  const algorithm = reader.next(tags.sequence);
  if (toHex(algorithm.encoded) !== toHex(outerAlgorithm)) throw notDer('two different signature algorithms');
  const issuer = parseName(reader.next(tags.sequence).encoded);
  const validity = reader.enter(tags.sequence);
  const notBeforeMs = timeOf(validity.next());
  const notAfterMs = timeOf(validity.next());
  validity.end();
  const subject = parseName(reader.next(tags.sequence).encoded);
  const spki = reader.next(tags.sequence).encoded;
  const extensions = readExtensions(reader.optional(TAG_EXTENSIONS)?.encoded);
  reader.end();
  if (issuer.relativeNames.length === 0) throw notDer('an empty issuer name');
  return { serialNumber, issuer, subject, notBeforeMs, notAfterMs, spki, ...extensions };
}

/** A serial number in its comparable form, as in {@link Certificate.serialNumber}. Throws `KS-P100`. */
export function serialNumberOf(element: Element): string {
  const content = integerOf(element);
  if ((content[0] ?? 0) >= 0x80 || content.every((byte) => byte === 0))
    throw notDer('a serial number that is not positive');
  if (content.length > SERIAL_MAX) throw notDer(`a serial number of ${content.length} bytes`);
  return toHex(content).replace(/^(00)+/, '');
}

type ExtensionFields = Pick<
  Certificate,
  | 'basicConstraints'
  | 'keyUsage'
  | 'extendedKeyUsage'
  | 'subjectAlternativeNames'
  | 'nameConstraints'
  | 'subjectKeyIdentifier'
  | 'authorityKeyIdentifier'
  | 'mustStaple'
  | 'extensions'
  | 'unknownCritical'
>;

const known: ReadonlySet<string> = new Set([
  BASIC_CONSTRAINTS,
  KEY_USAGE,
  EXTENDED_KEY_USAGE,
  SUBJECT_ALTERNATIVE_NAME,
  NAME_CONSTRAINTS,
]);

const none: Extensions = new Map();

function readExtensions(encoded: Uint8Array | undefined): ExtensionFields {
  const found = encoded === undefined ? none : parseExtensions(soleElement(openElement(encoded, TAG_EXTENSIONS)));
  const parse = <T>(identifier: string, parser: (value: Uint8Array) => T): T | undefined => {
    const extension = found.get(identifier);
    return extension === undefined ? undefined : parser(extension.value);
  };
  const hex = (value: Uint8Array | undefined): string | undefined => (value === undefined ? undefined : toHex(value));
  return {
    basicConstraints: parse(BASIC_CONSTRAINTS, parseBasicConstraints),
    keyUsage: parse(KEY_USAGE, parseKeyUsage),
    extendedKeyUsage: parse(EXTENDED_KEY_USAGE, parseExtendedKeyUsage),
    subjectAlternativeNames: parse(SUBJECT_ALTERNATIVE_NAME, parseSubjectAlternativeName),
    nameConstraints: parse(NAME_CONSTRAINTS, parseNameConstraints),
    subjectKeyIdentifier: hex(parse(SUBJECT_KEY_IDENTIFIER, parseSubjectKeyIdentifier)),
    authorityKeyIdentifier: hex(parse(AUTHORITY_KEY_IDENTIFIER, parseAuthorityKeyIdentifier)),
    mustStaple: parse(TLS_FEATURE, parseMustStaple) ?? false,
    extensions: new Map([...found].map(([id, { critical }]) => [id, critical])),
    unknownCritical: [...found].filter(([id, { critical }]) => critical && !known.has(id)).map(([id]) => id),
  };
}

/** The one SEQUENCE that an explicit tag holds. */
function soleElement(reader: DerReader): DerReader {
  const inner = reader.enter(tags.sequence);
  reader.end();
  return inner;
}

/** The URIs among the subject alternative names. */
export function subjectUris(certificate: Certificate): readonly string[] {
  return (certificate.subjectAlternativeNames ?? []).flatMap((name) => (name.kind === 'uri' ? [name.value] : []));
}

/** Refuses a certificate with critical extensions that nothing here processes. Throws `KS-P109`. */
export function refuseUnknownCritical(certificate: Certificate): void {
  const [first] = certificate.unknownCritical;
  if (first === undefined) return;
  throw new KeystileError('KS-P109', `certificate '${certificate.subject.text}' has the critical extension ${first}`);
}
