import { choice, type Field, fixed, flag, list, record, text, u16, u32, type ValueOf } from '../fields.ts';

/** Policies that a part holds. */
const POLICIES_MAX = 8;
const SERVER_NAMES_MAX = 16;
/** A DNS name in presentation form. */
export const SERVER_NAME_MAX = 253;

/** Those of TLS 1.3, then those of TLS 1.2. A policy lists at least one for each version that it allows. */
const CIPHER_SUITES = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_AES_128_CCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_AES_128_CCM',
] as const;

/** What a policy is for. The last of a part's sessions is kept for the two purposes that bring a device back. */
const policyPurposeNames = ['application', 'recovery', 'administration'] as const;
export type PolicyPurpose = (typeof policyPurposeNames)[number];
export const policyPurpose: Field<PolicyPurpose> = choice(policyPurposeNames);

/** What is asked of revocation; `@keystile/pki/path` says what each rule looks at. */
const REVOCATION_RULES = [
  'none',
  'crl-if-present',
  'crl-required',
  'ocsp-staple-if-present',
  'ocsp-staple-required',
] as const;

/**
 * Whom the part may talk to and how: an object that only the factory line (before the lock) and the administrator
 * (after it) can write. OPEN names a policy; what is not in it cannot be negotiated.
 */
export const policyFields = record({
  name: text(32),
  /** SHA-256 of each trusted root certificate; a subset of the object `anchors`. */
  anchorDigests: list(fixed(32), 8),
  /** Exact DNS names or IP addresses, or one left-most wildcard. */
  serverNames: list(text(SERVER_NAME_MAX), SERVER_NAMES_MAX),
  alpn: list(text(32), 4),
  alpnRequired: flag,
  /** The key of the client certificate; `none` never authenticates. */
  clientKey: choice(['none', 'idevid', 'ldevid']),
  /** TLS 1.3, and TLS 1.2 beside it where the servers of this policy may be that old. */
  versions: list(choice(['1.3', '1.2']), 2),
  cipherSuites: list(choice(CIPHER_SUITES), CIPHER_SUITES.length),
  groups: list(choice(['X25519MLKEM768', 'X25519', 'P-256', 'P-384']), 4),
  /** Powered hours for which the last time token counts as fresh; 0: a token is not required. */
  tokenAgeHoursMax: u16,
  /** Whether a connection may be resumed by a ticket instead of a full handshake. */
  resumption: flag,
  revocationRule: choice(REVOCATION_RULES),
  /**
   * Hours for which a list or an OCSP answer counts, whatever end it names itself; and powered hours for which the part,
   * after a time token, knows the time well enough to judge that. 0 only with the rule `none`.
   */
  revocationAgeHoursMax: u16,
  /** `recovery` never authenticates and never resumes, names its servers exactly, and works whatever the boot has shown. */
  purpose: policyPurpose,
  /** Network bytes in both directions that the sessions of this policy may move between two resets; 0: no limit. */
  bytesPerBootMax: u32,
});

export type Policy = ValueOf<typeof policyFields>;

export const policiesFields: Field<readonly Policy[]> = list(policyFields, POLICIES_MAX);
