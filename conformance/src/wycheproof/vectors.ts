import type { CaseResult } from '../suite.ts';

/** The corpus's own names. Which of the fields a vector has depends on the file; all but the numbers are hexadecimal. */
export interface Vector {
  readonly tcId: number;
  readonly comment?: string;
  readonly flags?: readonly string[];
  readonly result: 'valid' | 'invalid' | 'acceptable';
  readonly size?: number;
  readonly [field: string]: unknown;
}

export interface TestGroup {
  readonly tests: readonly Vector[];
  /** Bits. */
  readonly keySize?: number;
  readonly ivSize?: number;
  readonly tagSize?: number;
  readonly publicKeyDer?: string;
}

/** One vector, one verdict or several; `case` tells them apart. */
export type Judge = (group: TestGroup, vector: Vector) => readonly CaseResult[];

export function bytesOf(vector: Vector, field: string): Uint8Array {
  const text = vector[field];
  if (typeof text !== 'string') throw new TypeError(`vector ${vector.tcId} has no ${field}`);
  return new Uint8Array(Buffer.from(text, 'hex'));
}

export function skipped(reason: string): readonly CaseResult[] {
  return [{ outcome: 'skipped', case: '', reason }];
}

/** `refused` is a right answer to an invalid or acceptable vector, `right` to a valid or acceptable one. */
export function verdict(vector: Vector, ours: 'right' | 'wrong' | 'refused', part = ''): CaseResult {
  const fits = { valid: ['right'], invalid: ['refused'], acceptable: ['right', 'refused'] }[vector.result];
  if (fits.includes(ours)) return { outcome: 'passed', case: part };
  return { outcome: 'failed', case: part, reason: `${vector.result} (${vector.comment ?? ''}); ours: ${ours}` };
}
