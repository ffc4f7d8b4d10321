import { KeystileError } from '@keystile/errors';
import type { Group } from '../codepoints.ts';

/** The peer's share is not one: wrong length, off the curve, or of low order (RFC 8446 §4.2.8.2, §7.4.2). */
export function refusedShare(group: Group): KeystileError {
  return new KeystileError('KS-T112', `the server's ${group} key share is not a valid one`);
}
