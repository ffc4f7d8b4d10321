import { hash } from 'node:crypto';
import { encodeUtf8 } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import {
  type CipherSuite,
  cipherSuiteCodes,
  type Group,
  groupCodes,
  type SignatureScheme,
  signatureSchemeCodes,
  type TlsVersion,
} from './codepoints.ts';
import { plaintextLengthMax, recordSizeLimitMin } from './limits.ts';
import { suiteParameters } from './suites.ts';

/**
 * What a connection may negotiate, as data. What is not in it is never offered, and refused if the server chooses it.
 * It says nothing about trust: anchors and names are the certificate verifier's.
 */
export interface TlsPolicy {
  /** The newest of them that the server has is used. The order says nothing. */
  readonly versions: readonly TlsVersion[];
  /** In order of preference: at least one of each version listed, and none of another. */
  readonly suites: readonly CipherSuite[];
  /** In order of preference. In TLS 1.2 they also say on which curves the keys of both certificates may be (RFC 8422 §5.3). */
  readonly groups: readonly Group[];
  /** The groups, out of `groups`, that the first hello brings a key share for; the others cost one more round trip. */
  readonly keyShares: readonly Group[];
  /** What the server may sign with. */
  readonly signatureSchemes: readonly SignatureScheme[];
  /** Protocol names in order of preference; empty sends no ALPN. */
  readonly alpn: readonly string[];
  readonly alpnRequired: boolean;
  /** `required` refuses a server that does not ask for the client's certificate; `never` answers it with none. */
  readonly clientAuthentication: 'required' | 'allowed' | 'never';
  /** Whether to ask the server for a stapled OCSP answer; the certificate verifier judges it. */
  readonly requestOcsp: boolean;
  /** The largest inner plaintext this end receives, in bytes: 64 to 16,385. 16,385 is TLS's own and sends nothing. */
  readonly recordSizeLimit: number;
  /** Records are padded so that content and type are a multiple of this many bytes; 1, the only value TLS 1.2 allows, pads nothing. */
  readonly paddingMultiple: number;
  /**
   * The most records under one key, of either side; the suite's own limit applies if it is lower. Ours is changed by a
   * KeyUpdate, the server is asked for its own at half of them. In TLS 1.2, and if it does not obey, it is the end.
   */
  readonly recordsPerKeyMax: number;
}

export const defaultTlsPolicy: TlsPolicy = {
  versions: ['1.3'],
  suites: ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_AES_128_CCM_SHA256'],
  groups: ['X25519', 'P-256'],
  keyShares: ['X25519'],
  signatureSchemes: ['ecdsa_secp256r1_sha256', 'ecdsa_secp384r1_sha384'],
  alpn: ['mqtt'],
  alpnRequired: false,
  clientAuthentication: 'allowed',
  requestOcsp: false,
  recordSizeLimit: plaintextLengthMax + 1,
  paddingMultiple: 1,
  recordsPerKeyMax: 2 ** 24,
};

/** A policy that was checked and copied: later changes to the caller's object do not reach a running connection. */
export type CheckedTlsPolicy = TlsPolicy & { readonly [checked]: true };

declare const checked: unique symbol;

/**
 * Throws `KS-T131` with the field at fault. Policies come from memory that a decoder filled, so types prove nothing. What it
 * gave before, frozen since, is taken as it is: a policy can be checked once for many connections.
 */
export function checkTlsPolicy(policy: TlsPolicy): CheckedTlsPolicy {
  if (isChecked(policy)) return policy;
  const copy = structuredClone(policy);
  demandKnown('versions', copy.versions, { '1.3': true, '1.2': true } satisfies Record<TlsVersion, true>);
  demandKnown('suites', copy.suites, cipherSuiteCodes);
  demandKnown('groups', copy.groups, groupCodes);
  demandKnown('keyShares', copy.keyShares, Object.fromEntries(copy.groups.map((group) => [group, true])));
  demandKnown('signatureSchemes', copy.signatureSchemes, signatureSchemeCodes);
  demand('alpn', new Set(copy.alpn).size === copy.alpn.length && copy.alpn.every(isProtocolName));
  demand('alpnRequired', typeof copy.alpnRequired === 'boolean' && (!copy.alpnRequired || copy.alpn.length > 0));
  demand('clientAuthentication', ['required', 'allowed', 'never'].includes(copy.clientAuthentication));
  demand('requestOcsp', typeof copy.requestOcsp === 'boolean');
  demandBetween('recordSizeLimit', copy.recordSizeLimit, [recordSizeLimitMin, plaintextLengthMax + 1]);
  demandBetween('paddingMultiple', copy.paddingMultiple, [1, plaintextLengthMax]);
  demandBetween('recordsPerKeyMax', copy.recordsPerKeyMax, [8, 2 ** 24]);
  demandSuitesOfVersions(copy);
  if (copy.versions.includes('1.2')) demandTls12(copy);
  for (const value of Object.values(copy)) Object.freeze(value);
  const frozen = Object.freeze(copy) as CheckedTlsPolicy;
  checkedPolicies.set(frozen, hash('sha256', JSON.stringify(frozen)));
  return frozen;
}

/** With the digest of each. */
const checkedPolicies = new WeakMap<TlsPolicy, string>();

/** SHA-256 in hexadecimal over all that the policy says: two of the same digest permit the same. */
export function policyDigest(policy: CheckedTlsPolicy): string {
  return checkedPolicies.get(policy) ?? hash('sha256', JSON.stringify(policy));
}

function isChecked(policy: TlsPolicy): policy is CheckedTlsPolicy {
  return checkedPolicies.has(policy);
}

function demand(field: keyof TlsPolicy, holds: boolean): void {
  if (!holds) throw new KeystileError('KS-T131', `the policy's ${field} is not valid`);
}

/** A list of distinct names out of a table, at least one. */
function demandKnown(field: keyof TlsPolicy, names: readonly string[], known: Readonly<Record<string, unknown>>): void {
  demand(field, names.length > 0 && new Set(names).size === names.length);
  demand(
    field,
    names.every((name) => Object.hasOwn(known, name)),
  );
}

/** A version without a suite could not be agreed on; a suite without its version would look allowed and never be used. */
function demandSuitesOfVersions({ versions, suites }: TlsPolicy): void {
  const served = new Set(suites.map((suite) => suiteParameters[suite].version));
  demand('suites', versions.length === served.size && versions.every((version) => served.has(version)));
}

/** What TLS 1.2 cannot do without, or not at all. */
function demandTls12({ groups, signatureSchemes, paddingMultiple }: TlsPolicy): void {
  // RFC 8422 §5.3: a server whose certificate is on a curve that is not among the groups must not use it.
  demand(
    'groups',
    signatureSchemes.some((scheme) => groups.includes(curveOf[scheme])),
  );
  demand('paddingMultiple', paddingMultiple === 1);
}

/** The curve that a key of the scheme is on. */
export const curveOf: Readonly<Record<SignatureScheme, Group>> = {
  ecdsa_secp256r1_sha256: 'P-256',
  ecdsa_secp384r1_sha384: 'P-384',
};

function demandBetween(field: keyof TlsPolicy, value: number, [least, most]: readonly [number, number]): void {
  demand(field, Number.isInteger(value) && value >= least && value <= most);
}

/** RFC 7301 §3.1: 1 to 255 bytes. */
function isProtocolName(name: string): boolean {
  const { length } = encodeUtf8(name);
  return length > 0 && length < 256;
}
