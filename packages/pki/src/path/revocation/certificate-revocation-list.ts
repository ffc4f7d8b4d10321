import { toHex } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { serialNumberOf } from '../certificate.ts';
import { DerReader, type Element, integerOf, notDer, openElement, tags, timeOf } from '../der.ts';
import { type DistinguishedName, parseName } from '../distinguished-name.ts';
import { type Extensions, parseExtensions, unknownCritical } from '../extensions/extension-list.ts';
import { AUTHORITY_KEY_IDENTIFIER, parseAuthorityKeyIdentifier } from '../extensions/key-identifiers.ts';
import { readSigned, type Signed } from '../signed.ts';

/**
 * A certificate revocation list by the profile of RFC 5280 §5: version 2, complete, signed by the CA that issued the
 * certificates. Indirect, partial and delta lists are refused, since to overlook their scope would be to take "not in
 * this part" for "not revoked". Parsing is not trusting: nothing here is verified.
 */
export interface CertificateRevocationList extends Signed {
  readonly issuer: DistinguishedName;
  readonly authorityKeyIdentifier: string;
  /** Grows with every list of an issuer. */
  readonly number: bigint;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number;
  /** Reason of revocation by serial number (RFC 5280 §5.3.1). */
  readonly revoked: ReadonlyMap<string, string>;
}

/** Room for six thousand entries; more belongs into OCSP, and a part has to hold the list in memory. */
const LIST_LENGTH_MAX = 262_144;
/** RFC 5280 §5.2.3. */
const NUMBER_MAX = 20;

const CRL_NUMBER = '2.5.29.20';
const REASON_CODE = '2.5.29.21';
const DELTA_CRL_INDICATOR = '2.5.29.27';
const ISSUING_DISTRIBUTION_POINT = '2.5.29.28';
const CERTIFICATE_ISSUER = '2.5.29.29';
const VERSION_2 = 1;
const TAG_EXTENSIONS = 0xa0;

/** RFC 5280 §5.3.1. 7 is not used; 8, removeFromCRL, is for delta lists only. */
const reasons: Readonly<Record<number, string>> = {
  0: 'unspecified',
  1: 'keyCompromise',
  2: 'cACompromise',
  3: 'affiliationChanged',
  4: 'superseded',
  5: 'cessationOfOperation',
  6: 'certificateHold',
  9: 'privilegeWithdrawn',
  10: 'aACompromise',
};

/** Throws `KS-P113`. `lengthMax` is for who has more memory than a part. */
export function parseRevocationList(der: Uint8Array, lengthMax: number = LIST_LENGTH_MAX): CertificateRevocationList {
  try {
    if (der.length > lengthMax) throw notDer(`${der.length} bytes, the limit is ${lengthMax}`);
    const outer = openElement(der, tags.sequence);
    const { content, algorithm, ...signed } = readSigned(outer);
    outer.end();
    return { ...signed, ...parseTbs(content, algorithm) };
  } catch (error) {
    if (!(error instanceof KeystileError)) throw error;
    throw new KeystileError('KS-P113', `a revocation list is refused: ${error.detail}`, { cause: error });
  }
}

function parseTbs(reader: DerReader, outerAlgorithm: Uint8Array): Omit<CertificateRevocationList, keyof Signed> {
  const version = integerOf(reader.next(tags.integer));
  if (version.length !== 1 || version[0] !== VERSION_2) throw notDer('a list that is not version 2');
  if (toHex(reader.next(tags.sequence).encoded) !== toHex(outerAlgorithm)) {
    throw notDer('two different signature algorithms');
  }
  const issuer = parseName(reader.next(tags.sequence).encoded);
  if (issuer.relativeNames.length === 0) throw notDer('an empty issuer name');
  const thisUpdateMs = timeOf(reader.next());
  // RFC 5280 §5.1.2.5 demands nextUpdate, which the syntax does not.
  const nextUpdateMs = timeOf(reader.next());
  if (nextUpdateMs < thisUpdateMs) throw notDer('the next update comes before this one');
  const revoked = parseEntries(reader.optional(tags.sequence));
  const extensions = parseExtensions(
    openElement(reader.next(TAG_EXTENSIONS).encoded, TAG_EXTENSIONS).enter(tags.sequence),
  );
  reader.end();
  return { issuer, thisUpdateMs, nextUpdateMs, revoked, ...readExtensions(extensions) };
}

function readExtensions(extensions: Extensions): Pick<CertificateRevocationList, 'number' | 'authorityKeyIdentifier'> {
  for (const scope of [ISSUING_DISTRIBUTION_POINT, DELTA_CRL_INDICATOR]) {
    if (extensions.has(scope)) throw notDer(`extension ${scope}: partial, indirect and delta lists are not processed`);
  }
  const unknown = unknownCritical(extensions, new Set());
  if (unknown !== undefined) throw notDer(`the critical extension ${unknown}`);
  const number = extensions.get(CRL_NUMBER);
  if (number === undefined) throw notDer('no CRL number (RFC 5280 §5.2.3)');
  const authority = extensions.get(AUTHORITY_KEY_IDENTIFIER);
  const identifier = authority && parseAuthorityKeyIdentifier(authority.value);
  if (identifier === undefined) throw notDer('no authority key identifier (RFC 5280 §5.2.1)');
  return { number: parseNumber(number.value), authorityKeyIdentifier: toHex(identifier) };
}

function parseNumber(value: Uint8Array): bigint {
  const reader = new DerReader(value);
  const content = integerOf(reader.next(tags.integer));
  reader.end();
  if ((content[0] ?? 0) >= 0x80 || content.length > NUMBER_MAX)
    throw notDer('a CRL number that is negative or too long');
  return BigInt(`0x${toHex(content)}`);
}

/** RFC 5280 §5.1.2.6: the list of entries is absent when there are none. */
function parseEntries(list: Element | undefined): ReadonlyMap<string, string> {
  const revoked = new Map<string, string>();
  if (list === undefined) return revoked;
  const reader = new DerReader(list.content);
  if (reader.done) throw notDer('an empty list of entries');
  while (!reader.done) {
    const entry = reader.enter(tags.sequence);
    const serialNumber = serialNumberOf(entry.next(tags.integer));
    timeOf(entry.next());
    const extensions = entry.optional(tags.sequence);
    entry.end();
    revoked.set(serialNumber, extensions === undefined ? 'unspecified' : reasonOf(new DerReader(extensions.content)));
  }
  return revoked;
}

/** RFC 5280 §5.3: a critical entry extension that is not understood makes the whole list unusable. */
function reasonOf(list: DerReader): string {
  const extensions = parseExtensions(list);
  if (extensions.has(CERTIFICATE_ISSUER)) throw notDer('an entry of another issuer: indirect lists are not processed');
  const unknown = unknownCritical(extensions, new Set([REASON_CODE]));
  if (unknown !== undefined) throw notDer(`the critical entry extension ${unknown}`);
  const reason = extensions.get(REASON_CODE);
  return reason === undefined ? 'unspecified' : reasonName(reason.value);
}

/** The name of a CRLReason, an ENUMERATED. Throws `KS-P100`. */
export function reasonName(encoded: Uint8Array): string {
  const reader = new DerReader(encoded);
  const { content } = reader.next(tags.enumerated);
  reader.end();
  const name = content.length === 1 ? reasons[content[0] ?? 0] : undefined;
  if (name === undefined) throw notDer('a reason code that a complete list cannot have');
  return name;
}
