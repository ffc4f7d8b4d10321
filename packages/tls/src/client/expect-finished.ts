import { postHandshakeMessageMax } from '../limits.ts';
import { encodeCertificate } from '../messages/certificate.ts';
import type { HandshakeMessage } from '../messages/message.ts';
import type { ApplicationStage, HandshakeStage } from '../schedule/stages.ts';
import { certificateFor } from './client-certificate.ts';
import { finishHandshake } from './connected.ts';
import type { Conversation } from './conversation.ts';
import type { RequestedCertificate } from './expect-certificate.ts';
import { ExpectSignature } from './expect-signature.ts';
import { type AuthenticatedServer, type VerifiedSignature, verifyFinished } from './proof.ts';
import { type ClientState, demandType, orDestroy } from './state.ts';

interface Held {
  readonly stage: HandshakeStage;
  readonly signature: VerifiedSignature;
  readonly requested: RequestedCertificate | undefined;
}

/** Awaits the server's Finished (RFC 8446 §4.4.4), after which the server is authenticated and the client's turn comes. */
export class ExpectFinished implements ClientState {
  readonly kind = 'ExpectFinished';
  readonly #conversation: Conversation;
  readonly #held: Held;

  constructor(conversation: Conversation, held: Held) {
    this.#conversation = conversation;
    this.#held = held;
  }

  handle(message: HandshakeMessage): ClientState {
    demandType(message, this, 'Finished');
    const { stage, signature, requested } = this.#held;
    const { transcript } = this.#conversation;
    const server = verifyFinished(signature, {
      verifyData: message.body,
      transcriptHash: transcript.digest(),
      traffic: stage.server,
    });
    transcript.append(message.encoded);
    const application = stage.application(transcript.digest());
    return orDestroy(application, () => {
      enterApplicationReading(this.#conversation, application);
      return this.#answer({ stage, application, server }, requested);
    });
  }

  destroy(): void {
    this.#held.stage.destroy();
  }

  /** The client's Certificate, if it was asked for, and what follows it. */
  #answer(secrets: HandshakeSecrets, requested: RequestedCertificate | undefined): ClientState {
    const conversation = this.#conversation;
    if (requested === undefined) return finishHandshake(conversation, secrets);
    const own = certificateFor(conversation.options, requested.schemes);
    conversation.send('Certificate', own?.message ?? noCertificate);
    return own === undefined ? finishHandshake(conversation, secrets) : new ExpectSignature(conversation, secrets, own);
  }
}

const noCertificate = encodeCertificate(new Uint8Array(0), []);

/** The server's Finished was right: what it sends from here on is application traffic. */
export function enterApplicationReading(conversation: Conversation, application: ApplicationStage): void {
  conversation.traceKey('derived', ...applicationKeyNames);
  conversation.changeReadKeys('application', application.server.protection());
  conversation.reader.refuseChangeCipherSpec();
  conversation.joiner.limitEachMessage(postHandshakeMessageMax);
}

/** What the states after the server's Finished hold until the client's own is sent. */
export interface HandshakeSecrets {
  readonly stage: HandshakeStage;
  readonly application: ApplicationStage;
  readonly server: AuthenticatedServer;
}

const applicationKeyNames = [
  'client_application_traffic_secret_0',
  'server_application_traffic_secret_0',
  'exporter_master_secret',
] as const;
