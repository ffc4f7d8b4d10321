import { bindersLength, encodeOfferedPsk } from '../extensions/pre-shared-key.ts';
import type { SessionTicket } from '../resumption/session-ticket.ts';
import { type EarlyStage, startResumedSchedule } from '../schedule/stages.ts';
import type { Transcript } from '../schedule/transcript.ts';
import type { SuiteParameters } from '../suites.ts';
import type { AuthenticatedTicket } from './proof.ts';

/**
 * The offer to resume that a ClientHello makes (RFC 8446 §4.2.11): one ticket, whose key is already in the early secret
 * and serves no other connection.
 *
 * It owns the ticket and the early stage until the server has answered; whoever drops the offer destroys it.
 */
export class PskOffer {
  readonly #ticket: SessionTicket;
  readonly #early: EarlyStage;

  constructor(ticket: SessionTicket) {
    this.#ticket = ticket;
    this.#early = startResumedSchedule(ticket.proof.psk);
  }

  /** The hash that the server's suite must have. */
  get hash(): SuiteParameters['hash'] {
    return this.#early.suite.hash;
  }

  get proof(): AuthenticatedTicket {
    return this.#ticket.proof;
  }

  get early(): EarlyStage {
    return this.#early;
  }

  /** The extension's data, with zeros where {@link PskOffer.bind} puts the binder. */
  encode(nowMs: number): Uint8Array {
    return encodeOfferedPsk({
      identity: this.#ticket.identity,
      obfuscatedAge: this.#ticket.obfuscatedAge(nowMs),
      binder: new Uint8Array(this.#early.suite.hashLength),
    });
  }

  /** Fills the binder into a whole hello that ends with this extension. */
  bind(hello: Uint8Array, transcript: Transcript): void {
    const { hash, hashLength } = this.#early.suite;
    const truncated = hello.subarray(0, hello.length - bindersLength(hashLength));
    hello.set(this.#early.binder(transcript.digestWith(hash, truncated)), hello.length - hashLength);
  }

  destroy(): void {
    this.#early.destroy();
    this.#ticket.destroy();
  }
}
