import { type AuthPacket, type ClientPacket, Reason } from '@keystile/mqtt';
import type { EnhancedAuthentication } from '../authentication/enhanced-authentication.ts';
import type { AuthenticationStep } from '../authentication/method.ts';
import type { ConnectionLink, StateBehaviour, Step } from './connection.ts';
import { type Ending, violation } from './ending.ts';
import { sendAuth } from './on-auth.ts';

export interface ExpectAuthStart {
  readonly authentication: EnhancedAuthentication;
  /** What comes after success; `data` goes into CONNACK. */
  readonly accept: (data: Uint8Array | undefined, nowMs: number) => Step;
  /** Says a refusal in a CONNACK. */
  readonly farewell: (ending: Ending) => void;
}

/**
 * CONNECT named an authentication method, and the exchange goes on (§4.12). Nothing but AUTH and DISCONNECT may come until
 * CONNACK was sent [MQTT-3.1.2-30].
 */
export class ExpectAuth implements StateBehaviour {
  readonly kind = 'expect-auth';
  readonly #link: ConnectionLink;
  readonly #start: ExpectAuthStart;

  constructor(link: ConnectionLink, start: ExpectAuthStart) {
    this.#link = link;
    this.#start = start;
  }

  begin(data: Uint8Array | undefined, nowMs: number): Step {
    return this.#follow(this.#start.authentication.begin(data, nowMs), nowMs);
  }

  handle(packet: ClientPacket, nowMs: number): Step {
    switch (packet.kind) {
      case 'auth':
        return this.#onAuth(packet, nowMs);
      case 'disconnect':
        return { kind: 'client', withWill: false };
      default:
        return violation(
          Reason.protocolError,
          `${packet.kind.toUpperCase()} in the middle of authentication [MQTT-3.1.2-30]`,
        );
    }
  }

  farewell(ending: Ending): void {
    this.#start.farewell(ending);
  }

  leave(): void {
    // Nothing is held before the client is accepted.
  }

  overdue(_since: unknown, nowMs: number): Ending | undefined {
    const refusal = this.#start.authentication.overdue(nowMs);
    return refusal && { kind: 'refused', refusal };
  }

  #onAuth({ reason, properties }: AuthPacket, nowMs: number): Step {
    const { authentication } = this.#start;
    if (properties.authenticationMethod !== authentication.method) {
      return violation(Reason.protocolError, 'AUTH with another method than CONNECT [MQTT-4.12.0-5]');
    }
    if (reason !== Reason.continueAuthentication) {
      return violation(Reason.protocolError, 'an answer has the reason code 0x18 [MQTT-4.12.0-3]');
    }
    return this.#follow(authentication.answer(properties.authenticationData, nowMs), nowMs);
  }

  #follow(step: AuthenticationStep, nowMs: number): Step {
    if (step.kind === 'refusal') return { kind: 'refused', refusal: step };
    if (step.kind === 'success') return this.#start.accept(step.data, nowMs);
    return sendAuth(this.#link, this.#start.authentication, step) ?? this;
  }
}
