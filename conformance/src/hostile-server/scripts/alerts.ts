import type { Talk, Tls12Talk } from '@keystile/adversary';
import type { ErrorCode } from '@keystile/errors';
import type { Alert } from '@keystile/tls';
import { alertCodes } from '@keystile/tls/codec';
import { type ScriptedCase, type ScriptGroup, tls12Group, tls13Group } from '../script.ts';
import { type Step, tls12Steps, tls13Steps } from '../steps.ts';

/** Every alert at every step. None is answered; the code says what it most likely means at that time. */
function alertsAt<SomeTalk extends Talk | Tls12Talk>(group: ScriptGroup<SomeTalk>, step: Step<SomeTalk>): void {
  const { encrypted, from, reach, say } = step;
  const at = { encrypted, ...(from === undefined ? {} : { from }) };
  for (const alert of Object.keys(alertCodes) as Alert[]) {
    // It ends nothing (RFC 8446 §6.1); and close_notify after the handshake is an end in order.
    if (alert === 'user_canceled' || (alert === 'close_notify' && from === 'connected')) continue;
    group.refuses({
      ...at,
      name: `the alert ${alert}, ${step.name}, ends the connection without an answer`,
      script: (talk) => {
        reach(talk);
        say(talk, 'alert', Uint8Array.of(2, alertCodes[alert]));
      },
      code: meaningOf(alert, step.name),
      alert: 'none',
    });
  }
  group.refuses({
    ...at,
    name: `an alert that nobody knows, ${step.name}, ends the connection without an answer`,
    script: (talk) => {
      reach(talk);
      say(talk, 'alert', Uint8Array.of(2, 201));
    },
    code: 'KS-T104',
    alert: 'none',
  });
}

function meaningOf(alert: Alert, moment: string): ErrorCode {
  const always = meanings[alert];
  if (always !== undefined) return always;
  if (moment === 'before ServerHello') return nothingInCommon.has(alert) ? 'KS-T103' : 'KS-T104';
  const clientHasAnswered = answered.has(moment);
  return clientHasAnswered && aboutTheClientsCertificate(alert, moment) ? 'KS-T105' : 'KS-T104';
}

const meanings: Readonly<Partial<Record<Alert, ErrorCode>>> = {
  protocol_version: 'KS-T101',
  no_application_protocol: 'KS-T106',
  unrecognized_name: 'KS-T121',
};

const nothingInCommon: ReadonlySet<Alert> = new Set(['handshake_failure', 'insufficient_security']);

/** The client has said who it is, or that it does not: what the server says then is about that. */
const answered: ReadonlySet<string> = new Set(['after serverHelloDone', 'after change_cipher_spec', 'after Finished']);

function aboutTheClientsCertificate(alert: Alert, moment: string): boolean {
  // Before its own Finished a server of TLS 1.2 has no better word for a certificate that it misses.
  if (alert === 'handshake_failure') return moment !== 'after Finished';
  return alert === 'access_denied' || alert === 'unknown_ca' || /certificate(?!_status)/.test(alert);
}

const tls13 = tls13Group('alerts');
const tls12 = tls12Group('alerts');
for (const step of tls13Steps) alertsAt(tls13, step);
for (const step of tls12Steps) alertsAt(tls12, step);

export const alerts: readonly ScriptedCase[] = [...tls13.cases, ...tls12.cases];
