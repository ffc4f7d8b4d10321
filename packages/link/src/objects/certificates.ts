import { bytes16, type Field, list } from '../fields.ts';

/** One DER certificate: larger ones are refused before they are parsed. */
const CERTIFICATE_MAX = 4096;
/** A path of six, the budget of ARCHITECTURE section 8. */
const CHAIN_MAX = 6;
/** Root certificates that a part holds. */
const ANCHORS_MAX = 8;

/** A certificate chain, leaf first, DER. */
export const chainFields: Field<readonly Uint8Array[]> = list(bytes16(CERTIFICATE_MAX), CHAIN_MAX);

/** The root certificates, DER. A policy names the subset that it trusts by digest. */
export const anchorsFields: Field<readonly Uint8Array[]> = list(bytes16(CERTIFICATE_MAX), ANCHORS_MAX);
