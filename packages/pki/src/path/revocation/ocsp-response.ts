import { toHex } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { type Certificate, parseCertificate, serialNumberOf } from '../certificate.ts';
import { DerReader, type Element, generalizedTimeOf, notDer, objectIdentifierOf, openElement, tags } from '../der.ts';
import { type DistinguishedName, parseName } from '../distinguished-name.ts';
import { parseExtensions, unknownCritical } from '../extensions/extension-list.ts';
import { readSigned, type Signed } from '../signed.ts';
import { reasonName } from './certificate-revocation-list.ts';

/**
 * A basic OCSP response (RFC 6960 §4.2.1), taken apart. Parsing is not trusting: who signed it is judged in
 * `ocsp-responder.ts`, what it is worth in `check-revocation.ts`.
 */
export interface OcspResponse extends Signed {
  readonly responder: ResponderId;
  readonly answers: readonly OcspAnswer[];
  /** Candidates for the responder's own certificate. */
  readonly certificates: readonly Certificate[];
}

export type ResponderId =
  | { readonly kind: 'name'; readonly name: DistinguishedName }
  /** SHA-1 over the responder's public key: an identifier, not a signature. */
  | { readonly kind: 'key'; readonly hash: string };

export interface OcspAnswer {
  readonly hashAlgorithm: 'sha1' | 'sha256';
  readonly issuerNameHash: string;
  readonly issuerKeyHash: string;
  readonly serialNumber: string;
  readonly status: CertificateStatus;
  readonly thisUpdateMs: number;
  /** Absent: the responder always has newer answers. */
  readonly nextUpdateMs: number | undefined;
}

export type CertificateStatus =
  | { readonly kind: 'good' | 'unknown' }
  | { readonly kind: 'revoked'; readonly reason: string };

/** An answer about one certificate with the responder's own is about a kilobyte. */
const RESPONSE_LENGTH_MAX = 16_384;
const ANSWERS_MAX = 16;
const CERTIFICATES_MAX = 4;

const BASIC_RESPONSE = '1.3.6.1.5.5.7.48.1.1';
/** RFC 6960 §4.2.1; 4 is not used. */
const unsuccessful: Readonly<Record<number, string>> = {
  1: 'malformedRequest',
  2: 'internalError',
  3: 'tryLater',
  5: 'sigRequired',
  6: 'unauthorized',
};
const hashAlgorithms: Readonly<Record<string, 'sha1' | 'sha256'>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
};

/** Constructed, context-specific. */
const EXPLICIT_0 = 0xa0;
const EXPLICIT_1 = 0xa1;
const EXPLICIT_2 = 0xa2;
const STATUS_GOOD = 0x80;
const STATUS_REVOKED = 0xa1;
const STATUS_UNKNOWN = 0x82;

/** Throws `KS-P119`. */
export function parseOcspResponse(der: Uint8Array): OcspResponse {
  try {
    if (der.length > RESPONSE_LENGTH_MAX) throw notDer(`${der.length} bytes, the limit is ${RESPONSE_LENGTH_MAX}`);
    const outer = openElement(der, tags.sequence);
    const status = outer.next(tags.enumerated).content;
    if (status.length !== 1 || status[0] !== 0)
      throw notDer(`the responder says ${unsuccessful[status[0] ?? 4] ?? 'nothing known'}`);
    const bytes = openElement(outer.next(EXPLICIT_0).encoded, EXPLICIT_0).enter(tags.sequence);
    outer.end();
    const type = objectIdentifierOf(bytes.next(tags.objectIdentifier));
    if (type !== BASIC_RESPONSE) throw notDer(`a response of type ${type}`);
    const basic = bytes.next(tags.octetString).content;
    bytes.end();
    return parseBasicResponse(openElement(basic, tags.sequence));
  } catch (error) {
    if (!(error instanceof KeystileError)) throw error;
    throw new KeystileError('KS-P119', `the stapled OCSP answer is refused: ${error.detail}`, { cause: error });
  }
}

function parseBasicResponse(reader: DerReader): OcspResponse {
  const { content, algorithm: _, ...signed } = readSigned(reader);
  const list = reader.optional(EXPLICIT_0);
  reader.end();
  // The version, [0], is absent: v1 is the default and the only one.
  const responder = parseResponderId(content.next());
  // producedAt says when it was signed; what counts is the time that each answer is good for.
  generalizedTimeOf(content.next());
  const answers = parseAnswers(content.enter(tags.sequence));
  refuseCritical(content.optional(EXPLICIT_1), EXPLICIT_1);
  content.end();
  return { ...signed, responder, answers, certificates: parseCertificates(list) };
}

function parseResponderId(element: Element): ResponderId {
  const inner = new DerReader(element.content);
  const value = inner.next();
  inner.end();
  if (element.tag === EXPLICIT_1) return { kind: 'name', name: parseName(value.encoded) };
  if (element.tag !== EXPLICIT_2 || value.tag !== tags.octetString)
    throw notDer('a responder that is neither name nor key');
  return { kind: 'key', hash: toHex(value.content) };
}

function parseAnswers(list: DerReader): readonly OcspAnswer[] {
  const answers: OcspAnswer[] = [];
  while (!list.done) {
    if (answers.length === ANSWERS_MAX) throw notDer(`more than ${ANSWERS_MAX} answers`);
    answers.push(parseAnswer(list.enter(tags.sequence)));
  }
  if (answers.length === 0) throw notDer('no answer');
  return answers;
}

function parseAnswer(reader: DerReader): OcspAnswer {
  const identifier = parseCertId(reader.enter(tags.sequence));
  const status = parseStatus(reader.next());
  const thisUpdateMs = generalizedTimeOf(reader.next());
  const next = reader.optional(EXPLICIT_0);
  const nextUpdateMs = next && soleTime(openElement(next.encoded, EXPLICIT_0));
  refuseCritical(reader.optional(EXPLICIT_1), EXPLICIT_1);
  reader.end();
  if (nextUpdateMs !== undefined && nextUpdateMs < thisUpdateMs) throw notDer('the next update comes before this one');
  return { ...identifier, status, thisUpdateMs, nextUpdateMs };
}

/** RFC 6960 §4.1.1. The hash only looks the issuer up: the answer's signature and the path decide who it is. */
function parseCertId(
  reader: DerReader,
): Pick<OcspAnswer, 'hashAlgorithm' | 'issuerNameHash' | 'issuerKeyHash' | 'serialNumber'> {
  const algorithm = reader.enter(tags.sequence);
  const identifier = objectIdentifierOf(algorithm.next(tags.objectIdentifier));
  // RFC 5754 §2: parameters are absent or NULL.
  const parameters = algorithm.optional(tags.null);
  algorithm.end();
  const hashAlgorithm = hashAlgorithms[identifier];
  if (hashAlgorithm === undefined) throw notDer(`the hash ${identifier} in a certificate's identifier`);
  if (parameters !== undefined && parameters.content.length !== 0) throw notDer('a NULL that is not empty');
  const issuerNameHash = toHex(reader.next(tags.octetString).content);
  const issuerKeyHash = toHex(reader.next(tags.octetString).content);
  const serialNumber = serialNumberOf(reader.next(tags.integer));
  reader.end();
  return { hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber };
}

function parseStatus({ tag, content }: Element): CertificateStatus {
  if (tag === STATUS_REVOKED) {
    const reader = new DerReader(content);
    generalizedTimeOf(reader.next());
    const reason = reader.optional(EXPLICIT_0);
    reader.end();
    return { kind: 'revoked', reason: reason === undefined ? 'unspecified' : reasonName(reason.content) };
  }
  if ((tag !== STATUS_GOOD && tag !== STATUS_UNKNOWN) || content.length !== 0) throw notDer('a malformed status');
  return { kind: tag === STATUS_GOOD ? 'good' : 'unknown' };
}

function soleTime(reader: DerReader): number {
  const time = generalizedTimeOf(reader.next());
  reader.end();
  return time;
}

/** Nonces and archive cut-offs may be ignored; what is critical may not, and none is understood. */
function refuseCritical(element: Element | undefined, tag: number): void {
  if (element === undefined) return;
  const outer = openElement(element.encoded, tag);
  const unknown = unknownCritical(parseExtensions(outer.enter(tags.sequence)), new Set());
  outer.end();
  if (unknown !== undefined) throw notDer(`the critical extension ${unknown}`);
}

function parseCertificates(element: Element | undefined): readonly Certificate[] {
  if (element === undefined) return [];
  const outer = openElement(element.encoded, EXPLICIT_0);
  const list = outer.enter(tags.sequence);
  outer.end();
  const certificates: Certificate[] = [];
  while (!list.done) {
    if (certificates.length === CERTIFICATES_MAX) throw notDer(`more than ${CERTIFICATES_MAX} certificates`);
    certificates.push(parseCertificate(list.next(tags.sequence).encoded));
  }
  return certificates;
}
