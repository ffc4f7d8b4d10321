import assert from 'node:assert/strict';
import { KeystileError } from '@keystile/errors';

/** The step is refused with this code, and its sentence says what is wrong. */
export function refused(step: () => unknown, code: string, sentence: RegExp): void {
  assert.throws(step, (error) => {
    assert.ok(error instanceof KeystileError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.detail, sentence);
    return true;
  });
}
