import { toHex } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import type { TrustAnchor } from './anchor.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { checkNameConstraints } from './constraint-check.ts';
import { equalNames } from './distinguished-name.ts';
import { ANY_EXTENDED_KEY_USAGE, CLIENT_AUTH, SERVER_AUTH } from './extensions/extended-key-usage.ts';
import { checkProfile } from './profile.ts';
import { checkServerIdentity } from './server-identity.ts';
import {
  productSignatures,
  refuseForeignKey,
  type SignaturePolicy,
  verifyCertificateSignature,
} from './signature-policy.ts';

/**
 * Path building and validation (RFC 5280 §6) from a leaf to a trust anchor.
 *
 * The peer's list may be unordered, incomplete or cross-signed: the search goes depth first over the certificates that
 * were sent, anchors first, with a budget of signature checks, so that a hostile list cannot hold the part. When no
 * path holds, the refusal is the one of the path that came furthest.
 *
 *      leaf ── issuer name = subject name ──► intermediate ──► … ──► anchor
 *             each step: CA, key usage, path length, validity, EKU, signature        whole path: name constraints
 *
 * Not here: revocation, certificate policies (a critical policy extension refuses), the TLS proof that the peer holds
 * the key.
 */
export interface PathRequest {
  /** DER, the leaf first; the rest in any order. */
  readonly chain: readonly Uint8Array[];
  readonly anchors: readonly TrustAnchor[];
  /** The time at which the path must be valid: milliseconds since 1970, UTC. */
  readonly atMs: number;
}

export interface ServerPathRequest extends PathRequest {
  /** DNS name or IP address that was dialled. */
  readonly serverName: string;
}

export interface ValidatedPath {
  readonly leaf: Certificate;
  /** DER, leaf first, the anchor not included. */
  readonly path: readonly Uint8Array[];
  readonly anchor: TrustAnchor;
  readonly anchorDigest: Uint8Array;
  readonly leafSpki: Uint8Array;
  /** The earliest end of validity in the path, milliseconds since 1970. */
  readonly notAfterMs: number;
}

/** Certificates of a received list (ARCHITECTURE section 8). */
const RECEIVED_MAX = 16;
/** Between leaf and anchor: a path of six certificates in all. */
const INTERMEDIATES_MAX = 4;
/** Signature checks in one search: a path needs five; the rest is room for cross-signed chains. */
const SIGNATURES_MAX = 32;

/** The path of a TLS server. Throws `KS-P1…`. */
export function validateServerPath(request: ServerPathRequest): ValidatedPath {
  const validated = validatePathWith(request, { ...productRules, purpose: SERVER_AUTH });
  checkSignsInTls(validated.leaf);
  checkServerIdentity(validated.leaf, request.serverName);
  return validated;
}

/** The path of a TLS client. Throws `KS-P1…`. */
export function validateClientPath(request: PathRequest): ValidatedPath {
  const validated = validatePathWith(request, { ...productRules, purpose: CLIENT_AUTH });
  checkSignsInTls(validated.leaf);
  return validated;
}

/** RFC 8446 §4.4.2.2: a key usage, where there is one, allows digital signatures. */
function checkSignsInTls(leaf: Certificate): void {
  if (leaf.keyUsage === undefined || leaf.keyUsage.digitalSignature) return;
  throw new KeystileError('KS-P107', `the key usage of '${leaf.subject.text}' does not allow digital signatures`);
}

/** What the product fixes and the tests of the path logic vary; not exported from the package. */
export interface PathRules {
  readonly signatures: SignaturePolicy;
  /** Object identifier of the extended key usage. */
  readonly purpose: string;
  /** Whether a leaf without any extended key usage is refused, which RFC 5280 would allow. */
  readonly purposeRequired: boolean;
  /** Certificates between leaf and anchor. */
  readonly intermediatesMax: number;
}

const productRules: Omit<PathRules, 'purpose'> = {
  signatures: productSignatures,
  purposeRequired: true,
  intermediatesMax: INTERMEDIATES_MAX,
};

type Search = PathRequest & PathRules;

export function validatePathWith(request: PathRequest, rules: PathRules): ValidatedPath {
  const [leafDer, ...others] = request.chain;
  if (leafDer === undefined) throw new KeystileError('KS-P100', 'the peer sent no certificate');
  if (request.chain.length > RECEIVED_MAX) {
    throw new KeystileError(
      'KS-P111',
      `the peer sent ${request.chain.length} certificates, the limit is ${RECEIVED_MAX}`,
    );
  }
  const leaf = parseCertificate(leafDer);
  checkLeaf(leaf, { ...request, ...rules });
  const path = new PathSearch({ ...request, ...rules }, others.flatMap(parseQuietly)).from(leaf);
  const ends = [...path.certificates, path.anchor.certificate].map((each) => each.notAfterMs);
  return {
    leaf,
    path: path.certificates.map((each) => each.encoded),
    anchor: path.anchor,
    anchorDigest: path.anchor.digest,
    leafSpki: leaf.spki,
    notAfterMs: Math.min(...ends),
  };
}

/** A certificate of the list that does not parse cannot be part of a path; it does not spoil the others. */
function parseQuietly(der: Uint8Array): readonly Certificate[] {
  try {
    return [parseCertificate(der)];
  } catch (error) {
    if (error instanceof KeystileError) return [];
    throw error;
  }
}

function checkLeaf(leaf: Certificate, { atMs, purpose, purposeRequired, signatures }: Search): void {
  checkProfile(leaf, 'received');
  refuseForeignKey(leaf, signatures);
  checkValidity(leaf, atMs);
  if (leaf.extendedKeyUsage === undefined ? purposeRequired : !leaf.extendedKeyUsage.has(purpose)) {
    const wanted = purpose === SERVER_AUTH ? 'serverAuth' : 'clientAuth';
    throw new KeystileError('KS-P107', `'${leaf.subject.text}' has no extended key usage ${wanted}`);
  }
}

interface FoundPath {
  readonly certificates: readonly Certificate[];
  readonly anchor: TrustAnchor;
}

class PathSearch {
  readonly #request: Search;
  readonly #pool: readonly Certificate[];
  #signatures = 0;
  #furthest: { readonly depth: number; readonly error: KeystileError } | undefined;
  #longest: readonly Certificate[] = [];

  constructor(request: Search, pool: readonly Certificate[]) {
    this.#request = request;
    this.#pool = pool;
  }

  from(leaf: Certificate): FoundPath {
    const found = this.#extend([leaf]);
    if (found !== undefined) return found;
    throw this.#furthest?.error ?? this.#noAnchor();
  }

  #extend(path: readonly Certificate[]): FoundPath | undefined {
    const last = path.at(-1);
    if (last === undefined || intermediatesOf(path) > this.#request.intermediatesMax) return undefined;
    if (path.length > RECEIVED_MAX) return undefined;
    if (path.length > this.#longest.length) this.#longest = path;
    for (const anchor of this.#request.anchors) {
      if (!mayIssue(anchor.certificate, last)) continue;
      if (this.#attempt(path, () => this.#close(path, last, anchor))) return { certificates: path, anchor };
    }
    for (const candidate of this.#pool) {
      if (!mayIssue(candidate, last) || path.some((each) => sameEntity(each, candidate))) continue;
      if (!this.#attempt(path, () => this.#checkIssuer(path, last, candidate))) continue;
      const found = this.#extend([...path, candidate]);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** True when the step holds. A refusal is kept when no other path came further; a spent budget ends the search. */
  #attempt(path: readonly Certificate[], step: () => void): boolean {
    try {
      step();
      return true;
    } catch (error) {
      if (!(error instanceof KeystileError) || error.code === 'KS-P111') throw error;
      if (this.#furthest === undefined || path.length > this.#furthest.depth) {
        this.#furthest = { depth: path.length, error };
      }
      return false;
    }
  }

  #close(path: readonly Certificate[], last: Certificate, anchor: TrustAnchor): void {
    this.#checkIssuer(path, last, anchor.certificate);
    checkNameConstraints(path, anchor.certificate.nameConstraints);
  }

  #checkIssuer(path: readonly Certificate[], last: Certificate, issuer: Certificate): void {
    const { atMs, purpose, signatures } = this.#request;
    checkProfile(issuer, this.#request.anchors.some((each) => each.certificate === issuer) ? 'anchor' : 'received');
    refuseForeignKey(issuer, signatures);
    checkAuthority(issuer, path);
    checkValidity(issuer, atMs);
    const uses = issuer.extendedKeyUsage;
    if (uses !== undefined && !uses.has(purpose) && !uses.has(ANY_EXTENDED_KEY_USAGE)) {
      throw new KeystileError('KS-P107', `the CA '${issuer.subject.text}' may not issue certificates for this use`);
    }
    if (++this.#signatures > SIGNATURES_MAX) {
      throw new KeystileError('KS-P111', `no path within ${SIGNATURES_MAX} signature checks`);
    }
    verifyCertificateSignature(last, issuer.spki, signatures);
  }

  #noAnchor(): KeystileError {
    const top = this.#longest.at(-1);
    if (intermediatesOf(this.#longest) > this.#request.intermediatesMax) {
      return new KeystileError(
        'KS-P111',
        `the path has more than ${this.#request.intermediatesMax} intermediate certificates`,
      );
    }
    const trusted =
      this.#request.anchors.map((anchor) => `'${anchor.certificate.subject.text}'`).join(', ') || 'no root';
    return new KeystileError('KS-P101', `the chain ends at '${top?.issuer.text ?? ''}'; this part trusts ${trusted}`);
  }
}

/** By name, and by key identifier where both sides have one. */
function mayIssue(issuer: Certificate, subject: Certificate): boolean {
  if (!equalNames(issuer.subject, subject.issuer)) return false;
  const wanted = subject.authorityKeyIdentifier;
  return wanted === undefined || issuer.subjectKeyIdentifier === undefined || wanted === issuer.subjectKeyIdentifier;
}

/** A path does not pass the same name and key twice. */
function sameEntity(a: Certificate, b: Certificate): boolean {
  return equalNames(a.subject, b.subject) && toHex(a.spki) === toHex(b.spki);
}

/** Self-issued certificates do not count (RFC 5280 §4.2.1.9). */
function intermediatesOf(path: readonly Certificate[]): number {
  return path.slice(1).filter((each) => !equalNames(each.subject, each.issuer)).length;
}

/** `path` is what lies below the issuer: its leaf, then intermediates. */
function checkAuthority(issuer: Certificate, path: readonly Certificate[]): void {
  if (issuer.basicConstraints?.ca !== true) {
    throw new KeystileError('KS-P106', `'${issuer.subject.text}' is not a CA certificate`);
  }
  if (issuer.keyUsage !== undefined && !issuer.keyUsage.keyCertSign) {
    throw new KeystileError(
      'KS-P106',
      `the key usage of '${issuer.subject.text}' does not allow it to sign certificates`,
    );
  }
  const limit = issuer.basicConstraints.pathLengthMax;
  const intermediates = intermediatesOf(path);
  if (limit !== undefined && intermediates > limit) {
    const detail = `'${issuer.subject.text}' allows ${limit} intermediate certificates, the path has ${intermediates}`;
    throw new KeystileError('KS-P106', detail);
  }
}

function checkValidity(certificate: Certificate, atMs: number): void {
  const at = new Date(atMs).toISOString();
  if (atMs > certificate.notAfterMs + 999) {
    const end = new Date(certificate.notAfterMs).toISOString();
    throw new KeystileError(
      'KS-P102',
      `'${certificate.subject.text}' expired at ${end}; the time of the part is ${at}`,
    );
  }
  if (atMs < certificate.notBeforeMs) {
    const start = new Date(certificate.notBeforeMs).toISOString();
    throw new KeystileError(
      'KS-P103',
      `'${certificate.subject.text}' is valid from ${start}; the time of the part is ${at}`,
    );
  }
}
