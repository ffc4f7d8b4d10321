import { bytes16, choice, type Field, list, record, type ValueOf } from '../fields.ts';

/** One DER certificate: larger ones are refused before they are parsed. */
const CERTIFICATE_MAX = 4096;
/** A path of six, the budget of ARCHITECTURE section 8. */
const CHAIN_MAX = 6;
/** Root certificates that a part holds. */
const ANCHORS_MAX = 8;

/** A certificate chain, leaf first, DER. */
export const chainFields: Field<readonly Uint8Array[]> = list(bytes16(CERTIFICATE_MAX), CHAIN_MAX);

/**
 * What a root certificate is trusted for: that servers are who they say (`server`; a policy names the subset that it
 * trusts, by digest), or that a renewed certificate of the device's own may be installed (`client-issuer`).
 */
export const anchorPurposes = ['server', 'client-issuer'] as const;
export type AnchorPurpose = (typeof anchorPurposes)[number];

const anchorFields = record({
  purposes: list(choice(anchorPurposes), anchorPurposes.length),
  /** DER. */
  certificate: bytes16(CERTIFICATE_MAX),
});

export type StoredAnchor = ValueOf<typeof anchorFields>;

/** The root certificates. */
export const anchorsFields: Field<readonly StoredAnchor[]> = list(anchorFields, ANCHORS_MAX);
