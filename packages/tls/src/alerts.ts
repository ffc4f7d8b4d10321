import { type ErrorCode, isErrorCode, type KeystileError } from '@keystile/errors';

/** RFC 9846 §6 and §B.2, in which `general_error` is new; `no_renegotiation` is TLS 1.2's own, RFC 5246 §7.2. */
export const alertCodes = {
  close_notify: 0,
  unexpected_message: 10,
  bad_record_mac: 20,
  record_overflow: 22,
  handshake_failure: 40,
  bad_certificate: 42,
  unsupported_certificate: 43,
  certificate_revoked: 44,
  certificate_expired: 45,
  certificate_unknown: 46,
  illegal_parameter: 47,
  unknown_ca: 48,
  access_denied: 49,
  decode_error: 50,
  decrypt_error: 51,
  protocol_version: 70,
  insufficient_security: 71,
  internal_error: 80,
  inappropriate_fallback: 86,
  user_canceled: 90,
  no_renegotiation: 100,
  missing_extension: 109,
  unsupported_extension: 110,
  unrecognized_name: 112,
  bad_certificate_status_response: 113,
  unknown_psk_identity: 115,
  certificate_required: 116,
  general_error: 117,
  no_application_protocol: 120,
} as const;

export type Alert = keyof typeof alertCodes;

type TlsCode = Extract<ErrorCode, `KS-T${string}`>;
type PathCode = Extract<ErrorCode, `KS-P${string}`>;

/**
 * The one table from error to alert: no other place chooses one. `none` where no alert is owed: the server failed
 * first or is gone, or the caller made the mistake.
 */
const alertOfTlsError: Readonly<Record<TlsCode, Alert | 'none'>> = {
  'KS-T100': 'internal_error',
  'KS-T101': 'protocol_version',
  'KS-T102': 'illegal_parameter',
  'KS-T103': 'none',
  'KS-T104': 'none',
  'KS-T105': 'none',
  'KS-T106': 'no_application_protocol',
  'KS-T107': 'illegal_parameter',
  'KS-T108': 'decrypt_error',
  'KS-T109': 'decrypt_error',
  'KS-T110': 'unexpected_message',
  'KS-T111': 'decode_error',
  'KS-T112': 'illegal_parameter',
  'KS-T113': 'unsupported_extension',
  'KS-T114': 'missing_extension',
  'KS-T115': 'bad_record_mac',
  'KS-T116': 'record_overflow',
  'KS-T117': 'illegal_parameter',
  'KS-T118': 'unexpected_message',
  'KS-T119': 'none',
  'KS-T120': 'decode_error',
  'KS-T121': 'none',
  'KS-T122': 'unexpected_message',
  'KS-T123': 'handshake_failure',
  'KS-T124': 'handshake_failure',
  'KS-T130': 'internal_error',
  'KS-T131': 'internal_error',
  'KS-T132': 'internal_error',
  'KS-T133': 'internal_error',
  'KS-T134': 'internal_error',
  'KS-T135': 'internal_error',
  'KS-T136': 'internal_error',
  'KS-T137': 'internal_error',
  'KS-T150': 'internal_error',
  'KS-T151': 'none',
  'KS-T152': 'none',
  'KS-T160': 'handshake_failure',
  'KS-T161': 'handshake_failure',
  'KS-T162': 'close_notify',
  'KS-T163': 'internal_error',
  'KS-T164': 'unexpected_message',
};

/** Refusals of the server's certificates that have an alert of their own; every other KS-P is `bad_certificate`. */
const alertOfPathError: Readonly<Partial<Record<PathCode, Alert>>> = {
  'KS-P101': 'unknown_ca',
  'KS-P102': 'certificate_expired',
  'KS-P105': 'bad_certificate',
  'KS-P110': 'unsupported_certificate',
  'KS-P115': 'certificate_revoked',
  'KS-P116': 'bad_certificate_status_response',
  'KS-P119': 'bad_certificate_status_response',
  'KS-P120': 'bad_certificate_status_response',
  'KS-P121': 'bad_certificate_status_response',
};

/** What a failed connection says to the server. Errors of other areas come from a verifier, so the part is at fault. */
export function alertFor(error: KeystileError): Alert | 'none' {
  const { code } = error;
  if (isTlsCode(code)) return alertOfTlsError[code];
  if (isPathCode(code)) return alertOfPathError[code] ?? 'bad_certificate';
  return 'internal_error';
}

function isTlsCode(code: ErrorCode): code is TlsCode {
  return code.startsWith('KS-T') && isErrorCode(code);
}

function isPathCode(code: ErrorCode): code is PathCode {
  return code.startsWith('KS-P') && isErrorCode(code);
}
