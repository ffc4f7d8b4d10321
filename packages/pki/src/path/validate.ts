import { KeystileError } from '@keystile/errors';
import type { TrustAnchor } from './anchor.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { CLIENT_AUTH, SERVER_AUTH } from './extensions/extended-key-usage.ts';
import { PathSearch, type ReceivedCertificates } from './path-search.ts';
import { checkProfile } from './profile.ts';
import type { RevocationRequest } from './revocation/check-revocation.ts';
import type { SeenCertificates } from './seen-certificates.ts';
import { checkServerIdentity } from './server-identity.ts';
import { productSignatures, refuseForeignKey, type SignaturePolicy } from './signature-policy.ts';
import { checkValidity } from './validity.ts';

/**
 * Path building and validation (RFC 5280 §6) from a leaf to a trust anchor.
 *
 * This file has what the whole and the leaf must satisfy; the search between leaf and anchor is in `path-search.ts`.
 *
 *      leaf ── issuer name = subject name ──► intermediate ──► … ──► anchor
 *             each step: CA, key usage, path length, validity, EKU, signature        whole path: name constraints,
 *                                                                                       revocation
 *
 * Not here: certificate policies (a critical policy extension refuses), the TLS proof that the peer holds the key.
 */
export interface PathRequest {
  /** DER, the leaf first; the rest in any order. */
  readonly chain: readonly Uint8Array[];
  readonly anchors: readonly TrustAnchor[];
  /** The time at which the path must be valid: milliseconds since 1970, UTC. */
  readonly atMs: number;
  /** What is asked and known of revocation; absent, nothing is. */
  readonly revocation?: RevocationRequest;
  /** Makes certificates that came before cheaper; absent, each is as if it came for the first time. */
  readonly seen?: SeenCertificates;
  /** Told of each signature that is checked, in vain or not: where checking takes long, the caller accounts for it. */
  readonly onSignature?: () => void;
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
/** Bytes of them all (the same). */
const RECEIVED_LENGTH_MAX = 65_536;
/** Between leaf and anchor: a path of six certificates in all. */
const INTERMEDIATES_MAX = 4;

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

/**
 * The path of an attestation certificate to its maker: a key that signs statements and, having no extended key usage, is
 * no party of TLS. Throws `KS-P1…`.
 */
export function validateAttestationPath(request: PathRequest): ValidatedPath {
  const validated = validatePathWith(request, { ...productRules, purpose: CLIENT_AUTH, purposeRequired: false });
  const { leaf } = validated;
  checkSignsInTls(leaf);
  if (leaf.extendedKeyUsage === undefined && leaf.basicConstraints?.ca !== true) return validated;
  throw new KeystileError('KS-P107', `'${leaf.subject.text}' is made for another purpose than attestation`);
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
  /** Certificates of the list. */
  readonly receivedMax: number;
}

const productRules: Omit<PathRules, 'purpose'> = {
  signatures: productSignatures,
  purposeRequired: true,
  intermediatesMax: INTERMEDIATES_MAX,
  receivedMax: RECEIVED_MAX,
};

type Search = PathRequest & PathRules;

export function validatePathWith(request: PathRequest, rules: PathRules): ValidatedPath {
  const [leafDer, ...others] = request.chain;
  if (leafDer === undefined) throw new KeystileError('KS-P100', 'the peer sent no certificate');
  refuseTooMany(request.chain, rules.receivedMax);
  const parse = (der: Uint8Array): Certificate => request.seen?.parse(der) ?? parseCertificate(der);
  const leaf = parse(leafDer);
  checkLeaf(leaf, { ...request, ...rules });
  const path = new PathSearch({ ...request, ...rules }, readReceived(others, parse)).from(leaf);
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

function refuseTooMany(chain: readonly Uint8Array[], receivedMax: number): void {
  const refuse = (count: number, what: string, max: number): void => {
    if (count > max) throw new KeystileError('KS-P111', `the peer sent ${count} ${what}, the limit is ${max}`);
  };
  refuse(chain.length, 'certificates', receivedMax);
  refuse(
    chain.reduce((sum, each) => sum + each.length, 0),
    'bytes of certificates',
    RECEIVED_LENGTH_MAX,
  );
}

/** A certificate of the list that does not parse cannot be part of a path; it does not spoil the others. */
function readReceived(ders: readonly Uint8Array[], parse: (der: Uint8Array) => Certificate): ReceivedCertificates {
  const readable: Certificate[] = [];
  const unreadable: string[] = [];
  for (const [i, der] of ders.entries()) {
    try {
      readable.push(parse(der));
    } catch (error) {
      if (!(error instanceof KeystileError)) throw error;
      unreadable.push(`certificate ${i + 2} of the list is not valid: ${error.detail}`);
    }
  }
  return { readable, unreadable };
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
