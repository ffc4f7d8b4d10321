import { EVIDENCE_METHOD, EVIDENCE_NONCE_LENGTH } from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import type { DeviceStream } from './stream.ts';

/**
 * The evidence method for MQTT.js, which has a seam for enhanced authentication and no method:
 *
 *     const client = new MqttClient(dial, { …, protocolVersion: 5, properties: evidenceProperties });
 *     client.handleAuth = evidenceAnswers(() => stream);
 *
 * A broker that does not know the method refuses a client that names it: it is for brokers that are configured to ask.
 */
export const evidenceProperties: { readonly authenticationMethod: string } = { authenticationMethod: EVIDENCE_METHOD };

/** What MQTT.js calls for each AUTH of the broker. */
export type EvidenceAnswers = (packet: AuthQuestion, callback: AuthCallback) => void;

/** The part of MQTT.js' packet that matters. */
interface AuthQuestion {
  readonly reasonCode?: number;
  readonly properties?: { readonly authenticationData?: Uint8Array };
}

type AuthCallback = (error?: Error, packet?: AuthAnswer) => void;

interface AuthAnswer {
  cmd: 'auth';
  reasonCode: number;
  properties: { authenticationMethod: string; authenticationData: Buffer };
}

const CONTINUE_AUTHENTICATION = 0x18;

/** `current` is the stream that carries the client's present connection. Errors are the part's own, or `KS-S128`. */
export function evidenceAnswers(current: () => DeviceStream | undefined): EvidenceAnswers {
  return ({ reasonCode, properties }, callback) => {
    // The end of a re-authentication needs no answer.
    if (reasonCode !== CONTINUE_AUTHENTICATION) return callback();
    answer(current(), properties?.authenticationData).then(
      (packet) => callback(undefined, packet),
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
    );
  };
}

async function answer(stream: DeviceStream | undefined, nonce: Uint8Array | undefined): Promise<AuthAnswer> {
  if (nonce?.length !== EVIDENCE_NONCE_LENGTH) throw new KeystileError('KS-S128', `${nonce?.length ?? 0} bytes`);
  if (stream === undefined) throw new KeystileError('KS-D100', 'the connection has ended');
  const authenticationData = Buffer.from(await stream.evidence(nonce));
  return {
    cmd: 'auth',
    reasonCode: CONTINUE_AUTHENTICATION,
    properties: { authenticationMethod: EVIDENCE_METHOD, authenticationData },
  };
}
