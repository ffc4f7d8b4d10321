import { readFileSync } from 'node:fs';
import { KeystileError } from '@keystile/errors';
import { type OcspAnswer, parseCertificate, parseOcspResponse } from '@keystile/pki/path';
import type { ProgramLog } from '../log.ts';
import { stampOf } from './file-stamp.ts';

/**
 * The OCSP answer that a listener staples for clients that ask. Whoever fetches it writes the file, at half of its life
 * at the latest; the broker itself asks nobody. An answer that no client could use is not stapled, and told about.
 */
export interface StapleOptions {
  readonly path: string;
  /** Of the listener, for messages. */
  readonly name: string;
  readonly log: ProgramLog;
  readonly utcNow: () => number;
}

interface Answer {
  readonly der: Buffer;
  readonly serialNumber: string;
  readonly nextUpdateMs: number;
}

export class Staple {
  readonly #options: StapleOptions;
  #stamp: string | undefined | 'unread' = 'unread';
  #answer: Answer | undefined;
  #isTold = false;

  constructor(options: StapleOptions) {
    this.#options = options;
  }

  /** For the certificate of a handshake (DER); null, which staples nothing, when there is none for it. */
  answerFor(certificate: Uint8Array): Buffer | null {
    const answer = this.#answer;
    if (answer === undefined || answer.nextUpdateMs <= this.#options.utcNow()) return null;
    return parseCertificate(certificate).serialNumber === answer.serialNumber ? answer.der : null;
  }

  /** Undefined while there is none. */
  get nextUpdateMs(): number | undefined {
    return this.#answer?.nextUpdateMs;
  }

  /** Reads what has changed, and tells when there is nothing to staple. */
  look(): void {
    const { path } = this.#options;
    const stamp = stampOf(path);
    if (stamp !== this.#stamp) {
      this.#stamp = stamp;
      this.#isTold = false;
      this.#read();
    }
    if (this.#answer !== undefined && this.#answer.nextUpdateMs <= this.#options.utcNow()) {
      this.#tell(`it was good until ${new Date(this.#answer.nextUpdateMs).toISOString()}`);
    }
  }

  /** A bad file takes nothing from a good answer that is in force. */
  #read(): void {
    try {
      this.#answer = answerOf(readFileSync(this.#options.path));
    } catch (error) {
      this.#tell(error instanceof Error ? error.message : String(error));
    }
  }

  #tell(why: string): void {
    if (this.#isTold) return;
    this.#isTold = true;
    const { path, name, log } = this.#options;
    const sentence = `the OCSP answer in ${path} for listener '${name}': ${why}`;
    log.event({ level: 'warn', event: 'revocation', code: 'KS-B346', sentence });
  }
}

function answerOf(der: Buffer): Answer {
  const answers = parseOcspResponse(new Uint8Array(der)).answers;
  const [answer] = answers;
  if (answer === undefined || answers.length !== 1) {
    throw new KeystileError('KS-B346', `it is about ${answers.length} certificates`);
  }
  if (answer.status.kind !== 'good') throw new KeystileError('KS-B346', `it says ${answer.status.kind}`);
  return { der, serialNumber: answer.serialNumber, nextUpdateMs: endOf(answer) };
}

function endOf({ nextUpdateMs }: OcspAnswer): number {
  return nextUpdateMs ?? Number.POSITIVE_INFINITY;
}
