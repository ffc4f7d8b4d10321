import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { catalogue, type ErrorCode, KeystileError } from '@keystile/errors';
import { type Alert, alertCodes, alertFor } from '../src/index.ts';

describe('the table from error to alert', () => {
  it('has an answer for every code of the catalogue', () => {
    for (const code of Object.keys(catalogue) as ErrorCode[]) {
      const alert = alertFor(new KeystileError(code));
      assert.ok(alert === 'none' || alert in alertCodes, `${code}: ${alert}`);
    }
  });

  it('says what RFC 8446 asks for', () => {
    const expected: readonly (readonly [ErrorCode, Alert | 'none'])[] = [
      ['KS-T101', 'protocol_version'],
      ['KS-T102', 'illegal_parameter'],
      ['KS-T103', 'none'],
      ['KS-T106', 'no_application_protocol'],
      ['KS-T108', 'decrypt_error'],
      ['KS-T109', 'decrypt_error'],
      ['KS-T110', 'unexpected_message'],
      ['KS-T111', 'decode_error'],
      ['KS-T113', 'unsupported_extension'],
      ['KS-T114', 'missing_extension'],
      ['KS-T115', 'bad_record_mac'],
      ['KS-T116', 'record_overflow'],
      ['KS-T100', 'internal_error'],
      ['KS-T160', 'handshake_failure'],
      ['KS-T161', 'handshake_failure'],
      ['KS-T162', 'close_notify'],
      ['KS-T164', 'unexpected_message'],
      ['KS-P100', 'bad_certificate'],
      ['KS-P115', 'certificate_revoked'],
      ['KS-P116', 'bad_certificate_status_response'],
    ];
    for (const [code, alert] of expected) assert.equal(alertFor(new KeystileError(code)), alert, code);
  });
});
