import type {
  AuthenticationExchange,
  AuthenticationMethod,
  AuthenticationStep,
} from '../../src/authentication/method.ts';
import { refuse } from '../../src/refusal.ts';

/** A method for tests: the client has to count down from what the broker says, and is welcomed at zero. */
export class CountdownMethod implements AuthenticationMethod {
  readonly name: string;
  readonly answerMsMax = 10_000;
  readonly #from: number;
  readonly #step: number;
  /** What came along with CONNECT, or with the wish to authenticate again. */
  readonly begun: (Uint8Array | undefined)[] = [];

  /** `step`: how much each round brings; 0 never ends. */
  constructor({ name = 'countdown', from = 2, step = 1 }: { name?: string; from?: number; step?: number } = {}) {
    this.name = name;
    this.#from = from;
    this.#step = step;
  }

  exchange(): AuthenticationExchange {
    let left = this.#from;
    return {
      begin: (data): AuthenticationStep => {
        this.begun.push(data);
        return { kind: 'continue', data: Uint8Array.of(left) };
      },
      answer: (data): AuthenticationStep => {
        if (data?.[0] !== left - 1) return refuse('KS-B321', `${left - 1} was to come`);
        left -= this.#step;
        if (left > 0) return { kind: 'continue', data: Uint8Array.of(left) };
        return { kind: 'success', data: Buffer.from('welcome') };
      },
    };
  }
}
