import { KeystileError } from '@keystile/errors';
import { checkCertificateAuthorities } from '../extensions/certificate-authorities.ts';
import { decodeCodeList } from '../extensions/code-list.ts';
import { extensionCodes } from '../extensions/extension.ts';
import { decodeStapledOcsp } from '../extensions/status-request.ts';
import { decodeCertificate } from '../messages/certificate.ts';
import { decodeCertificateRequest } from '../messages/certificate-request.ts';
import { type HandshakeMessage, handshakeTypes } from '../messages/message.ts';
import type { HandshakeStage } from '../schedule/stages.ts';
import type { Conversation } from './conversation.ts';
import { ExpectCertificateVerify } from './expect-certificate-verify.ts';
import { verifyChain } from './proof.ts';
import { type ClientState, demandType } from './state.ts';

/** The server's request for the client's certificate, as far as the client needs it. */
export interface RequestedCertificate {
  /** Code points of the schemes the server can verify. */
  readonly schemes: readonly number[];
}

/** Awaits Certificate, or a CertificateRequest before it (RFC 8446 §4.3.2). */
export class ExpectCertificateOrRequest implements ClientState {
  readonly kind = 'ExpectCertificateOrRequest';
  readonly #conversation: Conversation;
  readonly #stage: HandshakeStage;

  constructor(conversation: Conversation, stage: HandshakeStage) {
    this.#conversation = conversation;
    this.#stage = stage;
  }

  handle(message: HandshakeMessage): ClientState {
    demandType(message, this, 'CertificateRequest', 'Certificate');
    if (message.type === handshakeTypes.Certificate) {
      if (this.#conversation.policy.clientAuthentication === 'required') {
        throw new KeystileError(
          'KS-T123',
          'the policy requires client authentication and the server did not ask for it',
        );
      }
      return new ExpectCertificate(this.#conversation, this.#stage, undefined).handle(message);
    }
    const requested = readRequest(message);
    this.#conversation.transcript.append(message.encoded);
    return new ExpectCertificate(this.#conversation, this.#stage, requested);
  }

  destroy(): void {
    this.#stage.destroy();
  }
}

/** Awaits Certificate (RFC 8446 §4.4.2) and has its chain verified at once. */
class ExpectCertificate implements ClientState {
  readonly kind = 'ExpectCertificate';
  readonly #conversation: Conversation;
  readonly #stage: HandshakeStage;
  readonly #requested: RequestedCertificate | undefined;

  constructor(conversation: Conversation, stage: HandshakeStage, requested: RequestedCertificate | undefined) {
    this.#conversation = conversation;
    this.#stage = stage;
    this.#requested = requested;
  }

  handle(message: HandshakeMessage): ClientState {
    demandType(message, this, 'Certificate');
    const { verifier, serverName, policy } = this.#conversation.options;
    const certificate = decodeCertificate(message.body);
    if (certificate.context.length !== 0) {
      throw new KeystileError('KS-T112', "the server's Certificate has a request context");
    }
    const [leaf] = certificate.entries;
    if (leaf === undefined) throw new KeystileError('KS-T120', "the server's Certificate message is empty");
    const asked = new Set(policy.requestOcsp ? [extensionCodes.status_request] : []);
    for (const entry of certificate.entries) entry.extensions.check('Certificate', asked);
    const ocspData = leaf.extensions.get('status_request');

    const chain = verifyChain(verifier, {
      chain: certificate.entries.map((entry) => entry.certificate),
      serverName,
      ...(ocspData === undefined ? {} : { stapledOcsp: decodeStapledOcsp(ocspData) }),
    });
    this.#conversation.transcript.append(message.encoded);
    return new ExpectCertificateVerify(this.#conversation, {
      stage: this.#stage,
      chain,
      requested: this.#requested,
    });
  }

  destroy(): void {
    this.#stage.destroy();
  }
}

function readRequest(message: HandshakeMessage): RequestedCertificate {
  const { context, extensions } = decodeCertificateRequest(message.body);
  extensions.check('CertificateRequest', new Set());
  // RFC 8446 §4.3.2: a context belongs to post-handshake authentication.
  if (context.length !== 0) throw new KeystileError('KS-T112', 'the CertificateRequest has a request context');
  const authorities = extensions.get('certificate_authorities');
  if (authorities !== undefined) checkCertificateAuthorities(authorities);
  const data = extensions.get('signature_algorithms');
  if (data === undefined) throw new KeystileError('KS-T114', 'the CertificateRequest has no signature_algorithms');
  return { schemes: decodeCodeList('signature_algorithms', data) };
}
