import { type Field, fixed, list } from '../fields.ts';

/** Administrators whose commands a part obeys, each with a key of their own. */
const ADMINISTRATORS_MAX = 8;

/** SHA-256 of each administrator's SubjectPublicKeyInfo. */
export const administratorKeysFields: Field<readonly Uint8Array[]> = list(fixed(32), ADMINISTRATORS_MAX);
