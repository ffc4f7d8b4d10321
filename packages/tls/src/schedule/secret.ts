import { KeystileError } from '@keystile/errors';
import type { SuiteParameters } from '../suites.ts';
import { hkdfExpandLabel, hkdfExtract } from './hkdf.ts';

/**
 * A secret of the key schedule that can only be expanded and destroyed: its bytes have no way out, neither by a
 * property nor by `inspect` or JSON.
 */
export class Secret {
  readonly suite: SuiteParameters;
  readonly #bytes: Uint8Array;
  #destroyed = false;

  /** Takes ownership of `bytes` and will zero them. */
  constructor(suite: SuiteParameters, bytes: Uint8Array) {
    this.suite = suite;
    this.#bytes = bytes;
  }

  /** HKDF-Expand-Label. */
  expand(label: string, context: Uint8Array, length: number): Uint8Array {
    return hkdfExpandLabel(this.suite.hash, this.#live(), { label, context, length });
  }

  /** Derive-Secret, with the transcript's hash in place of its messages. */
  derive(label: string, transcriptHash: Uint8Array): Secret {
    return new Secret(this.suite, this.expand(label, transcriptHash, this.suite.hashLength));
  }

  /** The same secret for the key lengths of another suite with the same hash; this one is destroyed. */
  movedTo(suite: SuiteParameters): Secret {
    if (suite.hash !== this.suite.hash) throw new KeystileError('KS-T100', 'a secret was moved to another hash');
    // Not slice: node:crypto gives Buffers, whose slice shares the memory that is zeroed next.
    const bytes = Uint8Array.from(this.#live());
    this.destroy();
    return new Secret(suite, bytes);
  }

  /** HKDF-Extract with this secret as the input keying material. */
  extractedWith(salt: Uint8Array): Secret {
    return new Secret(this.suite, hkdfExtract(this.suite.hash, salt, this.#live()));
  }

  destroy(): void {
    this.#destroyed = true;
    this.#bytes.fill(0);
  }

  #live(): Uint8Array {
    if (this.#destroyed) throw new KeystileError('KS-T100', 'a destroyed secret was used');
    return this.#bytes;
  }
}
