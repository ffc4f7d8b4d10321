import { KeystileError } from '@keystile/errors';
import { parseCertificate, type ValidatedPath } from '@keystile/pki/path';

/** What a path may be judged by: the least that the time can be, and how far a certificate may move it. */
export interface PathTime {
  readonly nowMs: number;
  /** How far a certificate that is dated ahead may move it. */
  readonly certificateLimitMs: number;
}

export interface TimedPath {
  readonly path: ValidatedPath;
  /** The path is valid, and only at this later time: time has passed that the part did not know of. */
  readonly laterMs?: number;
}

/**
 * The part's time is a lower bound, so "not valid yet" may only mean that the part lay without power when the
 * certificate was issued. A trusted CA's word for the date counts, within limits that the caller states.
 */
export function validateInTime(
  chain: readonly Uint8Array[],
  { nowMs, certificateLimitMs }: PathTime,
  validateAt: (atMs: number) => ValidatedPath,
): TimedPath {
  try {
    return { path: validateAt(nowMs) };
  } catch (error) {
    if (!isNotYetValid(error)) throw error;
    for (const laterMs of beginnings(chain)) {
      if (laterMs <= nowMs || laterMs > certificateLimitMs) continue;
      const path = validPath(() => validateAt(laterMs));
      if (path !== undefined) return { path, laterMs };
    }
    throw error;
  }
}

function isNotYetValid(error: unknown): boolean {
  return error instanceof KeystileError && error.code === 'KS-P103';
}

/**
 * When the certificates of a list begin, the earliest first. The first of them at which a path is valid is when the
 * last certificate *of that path* begins: one that a server adds to its list without use moves nothing.
 */
function beginnings(chain: readonly Uint8Array[]): readonly number[] {
  return [...new Set(chain.map((der) => parseCertificate(der).notBeforeMs))].toSorted((a, b) => a - b);
}

function validPath(validate: () => ValidatedPath): ValidatedPath | undefined {
  try {
    return validate();
  } catch (error) {
    if (isNotYetValid(error)) return undefined;
    throw error;
  }
}
