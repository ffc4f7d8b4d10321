import { catalogue, type ErrorCode } from './catalogue.ts';
import type { Fault } from './entry.ts';

/**
 * The one public error of the system: a stable code from the catalogue and a sentence about this case.
 *
 * The sentence never holds a secret; it may name public facts (subject names, versions, limits).
 */
export class KeystileError extends Error {
  override readonly name = 'KeystileError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, detail?: string, options?: ErrorOptions) {
    super(`${code}: ${detail ?? catalogue[code].title}`, options);
    this.code = code;
  }

  get fault(): Fault {
    return catalogue[this.code].fault;
  }

  /** What to do about it, from the catalogue. */
  get fix(): string {
    return catalogue[this.code].fix;
  }

  /** The sentence about this case, without the code before it. */
  get detail(): string {
    return this.message.slice(this.code.length + 2);
  }

  toJSON(): { code: ErrorCode; detail: string; fix: string } {
    return { code: this.code, detail: this.detail, fix: this.fix };
  }
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(catalogue, code);
}
