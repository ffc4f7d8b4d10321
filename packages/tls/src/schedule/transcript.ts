import { createHash, type Hash } from 'node:crypto';
import { concatBytes } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import type { HashName } from './hkdf.ts';

/**
 * The running hash over handshake messages (RFC 8446 §4.4.1).
 *
 * The hash is not known until the server has chosen a suite, so the ClientHello is held until then.
 */
export class Transcript {
  #held: Uint8Array[] = [];
  #hash: Hash | undefined;
  #kept: Uint8Array[] | undefined;

  /** `message` with its four-byte header. */
  append(message: Uint8Array): void {
    if (this.#hash === undefined) this.#held.push(message.slice());
    else this.#hash.update(message);
    this.#kept?.push(message.slice());
  }

  /** The server has chosen: everything held and to come is hashed with `hash`. A second call changes nothing. */
  start(hash: HashName): void {
    if (this.#hash !== undefined) return;
    this.#hash = createHash(hash);
    for (const message of this.#held) this.#hash.update(message);
    this.#held = [];
  }

  /**
   * Like {@link start}, and the messages themselves are kept until {@link forgetMessages}: a signature of TLS 1.2 is over
   * them, with a hash that need not be the suite's (RFC 5246 §7.4.8).
   */
  startKeeping(hash: HashName): void {
    this.#kept = [...this.#held];
    this.start(hash);
  }

  /** All messages so far, if they are kept. */
  messages(): Uint8Array {
    if (this.#kept === undefined) throw new KeystileError('KS-T100', 'the transcript keeps no messages');
    return concatBytes(...this.#kept);
  }

  forgetMessages(): void {
    this.#kept = undefined;
  }

  /** A HelloRetryRequest: the first ClientHello is replaced by the message that holds its hash, RFC 8446 §4.4.1. */
  replaceFirstHello(hash: HashName): void {
    const [clientHello] = this.#held;
    if (clientHello === undefined || this.#held.length !== 1) {
      throw new KeystileError('KS-T100', 'the transcript does not hold exactly one ClientHello');
    }
    const hashed = createHash(hash).update(clientHello).digest();
    this.#held = [concatBytes(Uint8Array.of(messageHash, 0, 0, hashed.length), hashed)];
    this.start(hash);
  }

  /** The hash over everything so far and `partial`, the hello that the binders are not in yet (RFC 8446 §4.2.11.2). */
  digestWith(hash: HashName, partial: Uint8Array): Uint8Array {
    const running = this.#hash?.copy() ?? createHash(hash);
    for (const message of this.#held) running.update(message);
    return running.update(partial).digest();
  }

  /** The hash over everything so far. */
  digest(): Uint8Array {
    if (this.#hash === undefined) throw new KeystileError('KS-T100', 'the transcript has no hash yet');
    return this.#hash.copy().digest();
  }
}

const messageHash = 254;
