import { type ErrorCode, KeystileError } from '@keystile/errors';
import { type Alert, alertCodes } from '../alerts.ts';
import { nameOf } from '../codepoints.ts';

/** How far the connection was when the server's alert came: it decides what the alert most likely means. */
export type AlertMoment =
  | 'before ServerHello'
  | 'in the handshake'
  | 'after an answer without a certificate'
  | "after the client's answer";

/** The error that a fatal alert of the server stands for, in the words of whoever has to mend it. */
export function errorOfPeerAlert(description: number, moment: AlertMoment): KeystileError {
  const alert = nameOf(alertCodes, description);
  const named = `the server sent the alert ${alert ?? description} ${moment}`;
  if (alert === undefined) return new KeystileError('KS-T104', named);
  const explanation = alert === 'handshake_failure' ? handshakeFailures[moment] : explanations[alert];
  return new KeystileError(codeOf(alert, moment), `${named}${explanation ?? ''}`);
}

function codeOf(alert: Alert, moment: AlertMoment): ErrorCode {
  if (alert === 'protocol_version') return 'KS-T101';
  if (alert === 'no_application_protocol') return 'KS-T106';
  if (alert === 'unrecognized_name') return 'KS-T121';
  if (moment === 'before ServerHello' && nothingInCommon.has(alert)) return 'KS-T103';
  // TLS 1.2 has no alert that says certificate_required.
  if (moment === 'after an answer without a certificate' && alert === 'handshake_failure') return 'KS-T105';
  if (moment.startsWith('after') && refusedCertificate.has(alert)) return 'KS-T105';
  return 'KS-T104';
}

const nothingInCommon: ReadonlySet<Alert> = new Set(['handshake_failure', 'insufficient_security']);

const refusedCertificate: ReadonlySet<Alert> = new Set([
  'bad_certificate',
  'unsupported_certificate',
  'certificate_revoked',
  'certificate_expired',
  'certificate_unknown',
  'unknown_ca',
  'access_denied',
  'certificate_required',
]);

const explanations: Readonly<Partial<Record<Alert, string>>> = {
  protocol_version: ': it does not speak TLS 1.3, or whatever else the policy allows',
  no_application_protocol: ': it speaks none of the offered application protocols',
  certificate_required: ': it demands a client certificate and got none',
  unknown_ca: ": it does not trust the issuer of this part's certificate",
  certificate_revoked: ": this part's certificate is revoked",
  certificate_expired: ": this part's certificate has expired",
};

const handshakeFailures: Readonly<Partial<Record<AlertMoment, string>>> = {
  'before ServerHello': ': its certificate is probably RSA, or it shares no cipher suite or group with this part',
  'after an answer without a certificate': ': it probably demands a client certificate and got none',
};
