import { bytes16, type Field, fixed, list, record, type ValueOf } from '../fields.ts';

/** Administrators whose commands a part obeys, each with a key of their own. */
const ADMINISTRATORS_MAX = 8;

const administratorFields = record({
  /** SubjectPublicKeyInfo, DER, of the key that signs commands now. */
  publicKey: bytes16(256),
  /** SHA-256 of the SubjectPublicKeyInfo of the only key that can take its place. */
  nextDigest: fixed(32),
});

export type Administrator = ValueOf<typeof administratorFields>;

export const administratorKeysFields: Field<readonly Administrator[]> = list(administratorFields, ADMINISTRATORS_MAX);
