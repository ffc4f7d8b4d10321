import { createHash } from 'node:crypto';
import { toHex } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import type { Certificate } from '../certificate.ts';
import { equalNames } from '../distinguished-name.ts';
import { type SignaturePolicy, subjectPublicKeyOf, verifiesWith } from '../signature-policy.ts';
import { type CertificateRevocationList, parseRevocationList } from './certificate-revocation-list.ts';
import { verifyResponder } from './ocsp-responder.ts';
import { type OcspAnswer, parseOcspResponse } from './ocsp-response.ts';
import { type Demand, demandsOf, type RevocationPolicy } from './policy.ts';

/**
 * Revocation along one path (RFC 5280 §6.3, RFC 6960 §3.2): lists for every certificate below the anchor, a stapled
 * answer for the leaf. A statement counts when the issuer of the certificate made it, or, for OCSP, a delegate of that
 * issuer. Nothing is fetched.
 *
 * "Revoked" counts even when it is old. "Not revoked" counts only while it is fresh; and a part whose time is no more
 * than a lower bound cannot know that, so that a rule which requires a statement then refuses.
 */
export interface RevocationRequest {
  readonly policy: RevocationPolicy;
  /** Complete lists, DER, in any order and also of issuers that are not in the path. */
  readonly lists?: readonly Uint8Array[];
  /** OCSPResponse, DER. */
  readonly stapledOcsp?: Uint8Array;
  /** False when the time of validation is only a lower bound, as it is without a young time token. */
  readonly timeIsFresh: boolean;
}

export interface RevocationContext extends RevocationRequest {
  readonly atMs: number;
  readonly signatures: SignaturePolicy;
  /** Called before each signature check; throws when the search has made too many. */
  readonly onSignature: () => void;
}

const LISTS_MAX = 8;
/** Bytes of them all: they are parsed anew for every path, fifty milliseconds' worth. */
const LISTS_LENGTH_MAX = 262_144;
/** By how much the clock of a CA may be ahead of ours. */
const CLOCK_AHEAD_MAX_MS = 300_000;

export class RevocationCheck {
  readonly #context: RevocationContext;
  #lists: readonly CertificateRevocationList[] | undefined;

  constructor(context: RevocationContext) {
    this.#context = context;
  }

  /** `path` is leaf first and ends with the anchor's certificate. Throws `KS-P110` and `KS-P113` to `KS-P121`. */
  check(path: readonly [Certificate, ...Certificate[]]): void {
    const { list, staple } = demandsOf[this.#context.policy.rule];
    const pairs = path.slice(0, -1).map((subject, i) => ({ subject, issuer: path[i + 1] ?? subject }));
    if (list !== 'ignored') for (const pair of pairs) this.#checkLists(pair, list);
    const [leaf] = pairs;
    if (staple === 'ignored' || leaf === undefined) return;
    const promised = path.some((each) => each.mustStaple);
    this.#checkStaple(leaf, { demand: promised ? 'required' : staple, promised });
  }

  #checkLists({ subject, issuer }: Pair, demand: Demand): void {
    const own = this.#parsedLists().filter((list) => isBy(list, issuer));
    const newest = own.reduce<CertificateRevocationList | undefined>(
      (best, each) => (best === undefined || each.number > best.number ? each : best),
      undefined,
    );
    if (newest !== undefined) this.#checkList(newest, { subject, issuer }, demand);
    else if (demand === 'required') {
      throw new KeystileError('KS-P116', `there is no revocation list of '${issuer.subject.text}'`);
    }
  }

  #parsedLists(): readonly CertificateRevocationList[] {
    if (this.#lists !== undefined) return this.#lists;
    const { lists = [] } = this.#context;
    if (lists.length > LISTS_MAX) {
      throw new KeystileError('KS-P111', `${lists.length} revocation lists, the limit is ${LISTS_MAX}`);
    }
    const length = lists.reduce((sum, each) => sum + each.length, 0);
    if (length > LISTS_LENGTH_MAX) {
      throw new KeystileError('KS-P111', `${length} bytes of revocation lists, the limit is ${LISTS_LENGTH_MAX}`);
    }
    this.#lists = lists.map((list) => parseRevocationList(list));
    return this.#lists;
  }

  #checkList(list: CertificateRevocationList, { subject, issuer }: Pair, demand: Demand): void {
    const name = `the revocation list of '${issuer.subject.text}'`;
    // RFC 5280 §6.3.3 (f): where there is a key usage, it has to allow this.
    if (issuer.keyUsage !== undefined && !issuer.keyUsage.crlSign) {
      throw new KeystileError(
        'KS-P114',
        `the key usage of '${issuer.subject.text}' does not allow it to sign revocation lists`,
      );
    }
    this.#context.onSignature();
    if (!verifiesWith(list, issuer.spki, { policy: this.#context.signatures, name })) {
      throw new KeystileError('KS-P114', `the signature of ${name} does not verify`);
    }
    const reason = list.revoked.get(subject.serialNumber);
    if (reason !== undefined) throw revoked(subject, reason);
    this.#checkFreshness(list, name, demand);
  }

  #checkStaple(
    { subject, issuer }: Pair,
    { demand, promised }: { readonly demand: Demand; readonly promised: boolean },
  ): void {
    const { stapledOcsp, atMs, signatures, onSignature } = this.#context;
    if (stapledOcsp === undefined) {
      if (demand !== 'required') return;
      const why = promised ? 'its certificate promises one' : 'the policy requires one';
      throw new KeystileError('KS-P116', `the server stapled no OCSP answer, and ${why}`);
    }
    const response = parseOcspResponse(stapledOcsp);
    const delegate = verifyResponder({ response, issuer, atMs, signatures, onSignature });
    if (delegate !== undefined) this.#checkLists({ subject: delegate, issuer }, 'if-present');
    const answer = response.answers.find((each) => isAbout(each, { subject, issuer }));
    if (answer === undefined) {
      throw new KeystileError('KS-P119', `the stapled OCSP answer is not about '${subject.subject.text}'`);
    }
    if (answer.status.kind === 'revoked') throw revoked(subject, answer.status.reason);
    if (answer.status.kind === 'unknown') {
      throw new KeystileError('KS-P121', `the OCSP responder does not know '${subject.subject.text}'`);
    }
    this.#checkFreshness(answer, 'the stapled OCSP answer', demand);
  }

  #checkFreshness({ thisUpdateMs, nextUpdateMs }: Updates, name: string, demand: Demand): void {
    const { atMs, timeIsFresh, policy } = this.#context;
    const at = new Date(atMs).toISOString();
    const endMs = Math.min(nextUpdateMs ?? Number.POSITIVE_INFINITY, thisUpdateMs + policy.ageMaxMs);
    if (atMs > endMs) {
      throw new KeystileError(
        'KS-P117',
        `${name} was good until ${new Date(endMs).toISOString()}; the time of the part is ${at}`,
      );
    }
    if (!timeIsFresh) {
      if (demand !== 'required') return;
      throw new KeystileError('KS-P118', `${name} may be older than the part can tell: it has no fresh time token`);
    }
    if (thisUpdateMs > atMs + CLOCK_AHEAD_MAX_MS) {
      const begin = new Date(thisUpdateMs).toISOString();
      throw new KeystileError('KS-P117', `${name} is dated ${begin}; the time of the part is ${at}`);
    }
  }
}

interface Pair {
  readonly subject: Certificate;
  readonly issuer: Certificate;
}

interface Updates {
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number | undefined;
}

/** By name, and by key identifier: an issuer with two keys signs two lists. */
function isBy(list: CertificateRevocationList, issuer: Certificate): boolean {
  return equalNames(list.issuer, issuer.subject) && list.authorityKeyIdentifier === issuer.subjectKeyIdentifier;
}

function isAbout(answer: OcspAnswer, { subject, issuer }: Pair): boolean {
  const hash = (bytes: Uint8Array): string => toHex(createHash(answer.hashAlgorithm).update(bytes).digest());
  return (
    answer.serialNumber === subject.serialNumber &&
    answer.issuerNameHash === hash(subject.issuer.encoded) &&
    answer.issuerKeyHash === hash(subjectPublicKeyOf(issuer.spki))
  );
}

function revoked(certificate: Certificate, reason: string): KeystileError {
  return new KeystileError('KS-P115', `'${certificate.subject.text}' is revoked (${reason})`);
}
