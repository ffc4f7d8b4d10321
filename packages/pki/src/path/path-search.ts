import { toHex } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import type { TrustAnchor } from './anchor.ts';
import type { Certificate } from './certificate.ts';
import { checkNameConstraints } from './constraint-check.ts';
import { equalNames } from './distinguished-name.ts';
import { ANY_EXTENDED_KEY_USAGE } from './extensions/extended-key-usage.ts';
import { checkAnchorIdentifiers, checkProfile } from './profile.ts';
import { RevocationCheck, type RevocationRequest } from './revocation/check-revocation.ts';
import type { SeenCertificates } from './seen-certificates.ts';
import { refuseForeignKey, type SignaturePolicy, verifyCertificateSignature } from './signature-policy.ts';
import { checkValidity } from './validity.ts';

/**
 * The search for a path from a leaf to an anchor through a list that may be unordered, incomplete, cross-signed or
 * hostile. Depth first, anchors before intermediates; a step that fails is one refusal, and the next candidate is tried.
 *
 *                       ┌── Root (anchor) ✓
 *      leaf ── CA 1 ────┤
 *         │             └── Root as certified by another ── …
 *         └─── CA 1, cross-signed ── …
 *
 * What a hostile list can cost is bounded threefold: signature checks (each pair of certificate and key once), steps, and
 * name comparisons. What depends on one certificate alone is found out once, since the search meets it many times.
 */
export interface SearchRequest {
  readonly anchors: readonly TrustAnchor[];
  readonly atMs: number;
  readonly revocation?: RevocationRequest;
  readonly seen?: SeenCertificates;
  readonly onSignature?: () => void;
  readonly signatures: SignaturePolicy;
  /** Object identifier of the extended key usage. */
  readonly purpose: string;
  readonly intermediatesMax: number;
}

export interface ReceivedCertificates {
  /** Without the leaf. */
  readonly readable: readonly Certificate[];
  /** What was wrong with the others, for the refusal of a path that they may have belonged to. */
  readonly unreadable: readonly string[];
}

export interface FoundPath {
  /** Leaf first, the anchor not included. */
  readonly certificates: readonly Certificate[];
  readonly anchor: TrustAnchor;
}

/** Signature checks: a path needs five, and every other certificate of a full list one or two more. */
const SIGNATURES_MAX = 32;
/** Certificates tried as somebody's issuer: room for every path of a reasonable list, a tenth of a second of a hostile one. */
const STEPS_MAX = 1_024;
/** Names against subtrees: a thousand names against a thousand constraints is an attack on the processor. */
const COMPARISONS_MAX = 100_000;

/** The code of a spent budget: it ends the search, as no other path could be cheaper. */
const TOO_COSTLY = 'KS-P111';

export class PathSearch {
  readonly #request: SearchRequest;
  readonly #pool: readonly Certificate[];
  readonly #unreadable: readonly string[];
  readonly #revocation: RevocationCheck | undefined;
  readonly #budget: Budget;
  readonly #issuers = new Map<Certificate, readonly Certificate[]>();
  readonly #authorities = new Map<Certificate, KeystileError | undefined>();
  readonly #signatures = new Map<string, KeystileError | undefined>();
  readonly #entities = new Map<Certificate, string>();
  #furthest: { readonly rank: number; readonly error: KeystileError } | undefined;
  #longest: readonly Certificate[] = [];

  constructor(request: SearchRequest, { readable, unreadable }: ReceivedCertificates) {
    this.#request = request;
    this.#budget = new Budget(request.onSignature);
    this.#pool = readable;
    this.#unreadable = unreadable;
    const { revocation, atMs, signatures } = request;
    const onSignature = (): void => this.#budget.spend('signatures');
    this.#revocation = revocation && new RevocationCheck({ ...revocation, atMs, signatures, onSignature });
  }

  /** Throws the refusal of the path that came furthest when none holds. */
  from(leaf: Certificate): FoundPath {
    const found = this.#extend([leaf], leaf);
    if (found !== undefined) return found;
    throw this.#furthest?.error ?? this.#noAnchor();
  }

  #extend(path: readonly Certificate[], last: Certificate): FoundPath | undefined {
    if (path.length > this.#longest.length) this.#longest = path;
    if (intermediatesOf(path) > this.#request.intermediatesMax) return undefined;
    for (const anchor of this.#request.anchors) {
      if (!mayIssue(anchor.certificate, last)) continue;
      const steps = [() => this.#stepToAnchor(path, last, anchor.certificate), () => this.#close(path, anchor)];
      if (this.#hold(path, steps)) return { certificates: path, anchor };
    }
    for (const issuer of this.#issuersOf(last)) {
      if (path.some((each) => this.#entityOf(each) === this.#entityOf(issuer))) continue;
      if (!this.#hold(path, [() => this.#step(path, last, issuer)])) continue;
      const found = this.#extend([...path, issuer], issuer);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Whether every step holds. A refusal is kept when no other path came further. */
  #hold(path: readonly Certificate[], steps: readonly (() => void)[]): boolean {
    for (const [i, step] of steps.entries()) {
      const error = refusalOf(step);
      if (error === undefined) continue;
      if (error.code === TOO_COSTLY) throw error;
      const rank = 2 * path.length + i;
      if (this.#furthest === undefined || rank > this.#furthest.rank) this.#furthest = { rank, error };
      return false;
    }
    return true;
  }

  #stepToAnchor(path: readonly Certificate[], last: Certificate, anchor: Certificate): void {
    checkAnchorIdentifiers(anchor, this.#pool);
    this.#step(path, last, anchor);
  }

  #step(path: readonly Certificate[], last: Certificate, issuer: Certificate): void {
    this.#budget.spend('steps');
    remembered(this.#authorities, issuer, () => this.#checkAuthority(issuer));
    checkPathLength(issuer, path);
    const pair = `${this.#entityOf(issuer)} ${this.#pool.indexOf(last)}`;
    remembered(this.#signatures, pair, () => this.#checkSignature(last, issuer));
  }

  #checkSignature(certificate: Certificate, issuer: Certificate): void {
    const { seen, signatures } = this.#request;
    if (seen?.isSigned(certificate, issuer) === true) return;
    this.#budget.spend('signatures');
    verifyCertificateSignature(certificate, issuer.spki, signatures);
    seen?.noteSigned(certificate, issuer);
  }

  /** What the whole path must satisfy. */
  #close(path: readonly Certificate[], anchor: TrustAnchor): void {
    checkNameConstraints(path, anchor.certificate.nameConstraints, (count) => this.#budget.spend('comparisons', count));
    const [leaf, ...others] = path;
    if (leaf !== undefined) this.#revocation?.check([leaf, ...others, anchor.certificate]);
  }

  /** What the issuer must satisfy whatever the path. */
  #checkAuthority(issuer: Certificate): void {
    const { atMs, purpose, signatures, anchors } = this.#request;
    checkProfile(issuer, anchors.some((each) => each.certificate === issuer) ? 'anchor' : 'received');
    refuseForeignKey(issuer, signatures);
    checkMayCertify(issuer);
    checkValidity(issuer, atMs);
    const uses = issuer.extendedKeyUsage;
    if (uses !== undefined && !uses.has(purpose) && !uses.has(ANY_EXTENDED_KEY_USAGE)) {
      throw new KeystileError('KS-P107', `the CA '${issuer.subject.text}' may not issue certificates for this use`);
    }
  }

  #issuersOf(subject: Certificate): readonly Certificate[] {
    const known = this.#issuers.get(subject) ?? this.#pool.filter((each) => mayIssue(each, subject));
    this.#issuers.set(subject, known);
    return known;
  }

  /** Name and key: a path does not pass the same ones twice. */
  #entityOf(certificate: Certificate): string {
    const known = this.#entities.get(certificate);
    if (known !== undefined) return known;
    const entity = JSON.stringify([...certificate.subject.relativeNames, toHex(certificate.spki)]);
    this.#entities.set(certificate, entity);
    return entity;
  }

  #noAnchor(): KeystileError {
    const { intermediatesMax, anchors } = this.#request;
    if (intermediatesOf(this.#longest) > intermediatesMax) {
      return new KeystileError(TOO_COSTLY, `the path has more than ${intermediatesMax} intermediate certificates`);
    }
    const trusted = anchors.map((anchor) => `'${anchor.certificate.subject.text}'`).join(', ') || 'no root';
    const top = this.#longest.at(-1)?.issuer.text ?? '';
    const detail = [`the chain ends at '${top}'`, `this part trusts ${trusted}`, ...this.#unreadable].join('; ');
    return new KeystileError('KS-P101', detail);
  }
}

class Budget {
  readonly #left = { signatures: SIGNATURES_MAX, steps: STEPS_MAX, comparisons: COMPARISONS_MAX };
  readonly #onSignature: (() => void) | undefined;

  constructor(onSignature: (() => void) | undefined) {
    this.#onSignature = onSignature;
  }

  /** Throws `KS-P111` when there is not that much left. */
  spend(what: 'signatures' | 'steps' | 'comparisons', count = 1): void {
    this.#left[what] -= count;
    if (this.#left[what] >= 0) {
      if (what === 'signatures') this.#onSignature?.();
      return;
    }
    const spent = {
      signatures: `${SIGNATURES_MAX} signature checks`,
      steps: `${STEPS_MAX} steps`,
      comparisons: `${COMPARISONS_MAX} comparisons of names`,
    };
    throw new KeystileError(TOO_COSTLY, `no path was found within ${spent[what]}`);
  }
}

function refusalOf(step: () => void): KeystileError | undefined {
  try {
    step();
    return undefined;
  } catch (error) {
    if (error instanceof KeystileError) return error;
    throw error;
  }
}

/** Runs the check at its first call for this key, and repeats its outcome at every later one. */
function remembered<K>(outcomes: Map<K, KeystileError | undefined>, key: K, check: () => void): void {
  if (!outcomes.has(key)) outcomes.set(key, refusalOf(check));
  const error = outcomes.get(key);
  if (error !== undefined) throw error;
}

/** By name, and by key identifier where both sides have one. */
function mayIssue(issuer: Certificate, subject: Certificate): boolean {
  if (!equalNames(issuer.subject, subject.issuer)) return false;
  const wanted = subject.authorityKeyIdentifier;
  return wanted === undefined || issuer.subjectKeyIdentifier === undefined || wanted === issuer.subjectKeyIdentifier;
}

/** Self-issued certificates do not count (RFC 5280 §4.2.1.9). */
function intermediatesOf(path: readonly Certificate[]): number {
  return path.slice(1).filter((each) => !equalNames(each.subject, each.issuer)).length;
}

function checkMayCertify(issuer: Certificate): void {
  const name = `'${issuer.subject.text}'`;
  if (issuer.basicConstraints?.ca !== true) throw new KeystileError('KS-P106', `${name} is not a CA certificate`);
  if (issuer.keyUsage === undefined || issuer.keyUsage.keyCertSign) return;
  throw new KeystileError('KS-P106', `the key usage of ${name} does not allow it to sign certificates`);
}

/** `path` is what lies below the issuer: its leaf, then intermediates. */
function checkPathLength(issuer: Certificate, path: readonly Certificate[]): void {
  const limit = issuer.basicConstraints?.pathLengthMax;
  const intermediates = intermediatesOf(path);
  if (limit === undefined || intermediates <= limit) return;
  const detail = `'${issuer.subject.text}' allows ${limit} intermediate certificates, the path has ${intermediates}`;
  throw new KeystileError('KS-P106', detail);
}
