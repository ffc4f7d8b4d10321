import { KeystileError } from '@keystile/errors';
import type { Certificate } from './certificate.ts';

/** A certificate carries whole seconds, and the last of them belongs to it. */
const LAST_SECOND_MS = 999;

/** RFC 5280 §4.1.2.5, both ends included. Throws `KS-P102` or `KS-P103`. */
export function checkValidity(certificate: Certificate, atMs: number): void {
  const name = `'${certificate.subject.text}'`;
  const at = new Date(atMs).toISOString();
  if (atMs > certificate.notAfterMs + LAST_SECOND_MS) {
    const end = new Date(certificate.notAfterMs).toISOString();
    throw new KeystileError('KS-P102', `${name} expired at ${end}; the time of the part is ${at}`);
  }
  if (atMs < certificate.notBeforeMs) {
    const start = new Date(certificate.notBeforeMs).toISOString();
    throw new KeystileError('KS-P103', `${name} is valid from ${start}; the time of the part is ${at}`);
  }
}
