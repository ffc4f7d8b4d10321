import { EVIDENCE_EXPORTER, EVIDENCE_METHOD, EVIDENCE_NONCE_LENGTH, type EvidenceChannel } from '@keystile/cose';
import type { Identity } from '../admission/identity.ts';
import { type Refusal, refuse } from '../refusal.ts';
import type {
  AuthenticationExchange,
  AuthenticationMethod,
  AuthenticationStep,
  AuthenticationSubject,
  TlsChannel,
} from './method.ts';

/**
 * The method `keystile-evidence-1` (`docs/reference/evidence.md`): the broker sends a nonce, the client answers with the
 * signed evidence of its secure IC over this very connection.
 *
 *   CONNECT method ──► AUTH 0x18 nonce ──► AUTH 0x18 evidence ──► CONNACK
 *
 * Whose evidence it is and whether it holds is the verifier's to say; this file gives it what only the broker knows: the
 * nonce that it sent, and the connection as this end sees it.
 */
/** A nonce is good for this long, and once. */
const NONCE_MS_MAX = 10_000;

/** What evidence is held against. */
export interface EvidenceContext {
  readonly identity: Identity;
  readonly nonce: Uint8Array;
  readonly channel: EvidenceChannel;
}

export interface EvidenceVerifier {
  /** Undefined when the answer holds. Never throws: what goes wrong denies. */
  verify(answer: Uint8Array, context: EvidenceContext): Refusal | undefined;
}

export class EvidenceMethod implements AuthenticationMethod {
  readonly name = EVIDENCE_METHOD;
  readonly answerMsMax = NONCE_MS_MAX;
  readonly #verifier: EvidenceVerifier;

  constructor(verifier: EvidenceVerifier) {
    this.#verifier = verifier;
  }

  exchange({ credentials, channel, random }: AuthenticationSubject): AuthenticationExchange | Refusal {
    if (channel === undefined) return refuse('KS-B207', `'${this.name}' needs TLS and a client certificate`);
    return new EvidenceExchange(this.#verifier, { identity: credentials.identity, channel, random });
  }
}

class EvidenceExchange implements AuthenticationExchange {
  readonly #verifier: EvidenceVerifier;
  readonly #identity: Identity;
  readonly #channel: TlsChannel;
  readonly #nonce: Uint8Array;

  constructor(
    verifier: EvidenceVerifier,
    { identity, channel, random }: { identity: Identity; channel: TlsChannel; random: AuthenticationSubject['random'] },
  ) {
    this.#verifier = verifier;
    this.#identity = identity;
    this.#channel = channel;
    this.#nonce = random(EVIDENCE_NONCE_LENGTH);
  }

  begin(data: Uint8Array | undefined): AuthenticationStep {
    if (data !== undefined) return refuse('KS-B321', 'evidence came before the nonce that it has to answer');
    return { kind: 'continue', data: this.#nonce };
  }

  answer(data: Uint8Array | undefined): AuthenticationStep {
    if (data === undefined) return refuse('KS-B321', 'the answer holds no evidence');
    const { cipherSuite, certificateDigest } = this.#channel;
    const exporter = this.#exporter();
    if (exporter === undefined) return refuse('KS-B321', 'the TLS connection has ended meanwhile');
    const channel = { cipherSuite, certificateDigest, exporter };
    const context = { identity: this.#identity, nonce: this.#nonce, channel };
    return this.#verifier.verify(data, context) ?? { kind: 'success', data: undefined };
  }

  /** OpenSSL throws once the connection is gone, which a client can bring about at any moment. */
  #exporter(): Uint8Array | undefined {
    try {
      return this.#channel.exporter({ ...EVIDENCE_EXPORTER, context: this.#nonce });
    } catch {
      return undefined;
    }
  }
}
