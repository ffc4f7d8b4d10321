import { KeystileError } from '@keystile/errors';
import { nameOf } from '../codepoints.ts';
import { type HandshakeMessage, type HandshakeType, handshakeTypes } from '../messages/message.ts';
import { tls12Entrances, tls12Transitions } from '../tls12/transitions.ts';
import type { ApplicationChannel } from './application-channel.ts';
import type { AlertMoment } from './peer-alert.ts';

/**
 * One awaited message, one type. `handle` takes the message and returns the next state; it throws a `KeystileError`
 * for a message that may not come now or that says what it may not. Only connection.ts assigns a connection's state.
 */
export interface ClientState {
  readonly kind: StateKind;
  /** What an alert of the server means now, where the kind alone does not say it. */
  readonly alertMoment?: AlertMoment;
  handle(message: HandshakeMessage): ClientState;
  /** Zeroes the secrets this state holds. Received application data is not among them: it can be read to the end. */
  destroy(): void;
}

export type StateKind = keyof typeof legalTransitions;

/**
 * Every legal step from one state object to another. The connection checks each against this table, so that a handler
 * cannot take a short cut around authentication.
 */
export const legalTransitions = {
  Idle: ['ExpectServerHello', 'Closed', 'Failed'],
  /** To itself by a HelloRetryRequest, once. */
  ExpectServerHello: ['ExpectServerHello', 'ExpectEncryptedExtensions', ...tls12Entrances, 'Closed', 'Failed'],
  ExpectEncryptedExtensions: ['ExpectCertificateOrRequest', 'ExpectResumedFinished', 'Closed', 'Failed'],
  ExpectCertificateOrRequest: ['ExpectCertificate', 'ExpectCertificateVerify', 'Closed', 'Failed'],
  ExpectCertificate: ['ExpectCertificateVerify', 'Closed', 'Failed'],
  ExpectCertificateVerify: ['ExpectFinished', 'Closed', 'Failed'],
  ExpectFinished: ['ExpectSignature', 'Connected', 'Closed', 'Failed'],
  /** After a ticket's key was accepted: neither side shows a certificate. */
  ExpectResumedFinished: ['Connected', 'Closed', 'Failed'],
  ExpectSignature: ['Connected', 'Closed', 'Failed'],
  Connected: ['Closed', 'Failed'],
  ...tls12Transitions,
  Closed: [],
  Failed: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export function demandLegal(from: StateKind, to: StateKind): void {
  const targets: readonly string[] = legalTransitions[from];
  if (!targets.includes(to))
    throw new KeystileError('KS-T100', `a step from ${from} to ${to}, which is not in the table`);
}

/** Throws `KS-T110` unless the message is of an awaited type. */
export function demandType(message: HandshakeMessage, state: ClientState, ...types: readonly HandshakeType[]): void {
  if (types.some((type) => handshakeTypes[type] === message.type)) return;
  const name = nameOf(handshakeTypes, message.type) ?? `a handshake message of type ${message.type}`;
  throw new KeystileError(
    'KS-T110',
    `the server sent ${name} where only ${types.join(' or ')} can come (${state.kind})`,
  );
}

/** Runs a step that takes over `secrets`; if it throws, they are zeroed, since no state owns them yet. */
export function orDestroy(secrets: { destroy(): void }, step: () => ClientState): ClientState {
  try {
    return step();
  } catch (error) {
    secrets.destroy();
    throw error;
  }
}

/** Before `start`. */
export class Idle implements ClientState {
  readonly kind = 'Idle';

  handle(): ClientState {
    throw new KeystileError('KS-T130', 'bytes came in before start');
  }

  destroy(): void {}
}

/** After `close`, or after the transport ended in order. What was received before can still be read. */
export class Closed implements ClientState {
  readonly kind = 'Closed';
  readonly channel: ApplicationChannel | undefined;

  constructor(channel: ApplicationChannel | undefined) {
    this.channel = channel;
  }

  handle(): ClientState {
    return this;
  }

  destroy(): void {}
}

/** After any error. What was received before it was authentic and can still be read. */
export class Failed implements ClientState {
  readonly kind = 'Failed';
  readonly failure: KeystileError;
  readonly channel: ApplicationChannel | undefined;

  constructor(failure: KeystileError, channel: ApplicationChannel | undefined) {
    this.failure = failure;
    this.channel = channel;
  }

  handle(): ClientState {
    return this;
  }

  destroy(): void {}
}
