/**
 * What a policy asks of revocation: data, so that it can lie in a part's memory and be read by whoever audits it.
 *
 *                            list of revoked certificates   stapled OCSP answer for the leaf
 *     none                   not looked at                  not looked at
 *     crl-if-present         if present                     not looked at
 *     crl-required           for every certificate          not looked at
 *     ocsp-staple-if-present if present                     if present, or if the certificate promises it
 *     ocsp-staple-required   if present                     required
 *
 * What is looked at has to be in order: a malformed, stale or foreign-signed statement refuses; it does not count as
 * absent.
 */
export interface RevocationPolicy {
  readonly rule: RevocationRule;
  /** How old a statement may be, whatever end it names itself: milliseconds since its thisUpdate. */
  readonly ageMaxMs: number;
}

export type RevocationRule =
  | 'none'
  | 'crl-if-present'
  | 'crl-required'
  | 'ocsp-staple-if-present'
  | 'ocsp-staple-required';

export type Demand = 'ignored' | 'if-present' | 'required';

export const demandsOf: Readonly<Record<RevocationRule, { readonly list: Demand; readonly staple: Demand }>> = {
  none: { list: 'ignored', staple: 'ignored' },
  'crl-if-present': { list: 'if-present', staple: 'ignored' },
  'crl-required': { list: 'required', staple: 'ignored' },
  'ocsp-staple-if-present': { list: 'if-present', staple: 'if-present' },
  'ocsp-staple-required': { list: 'if-present', staple: 'required' },
};
