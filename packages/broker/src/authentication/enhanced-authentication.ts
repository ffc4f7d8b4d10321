import { type Refusal, refuse } from '../refusal.ts';
import type {
  AuthenticationExchange,
  AuthenticationMethod,
  AuthenticationStep,
  AuthenticationSubject,
} from './method.ts';

/**
 * The method that one connection agreed on in CONNECT, and the exchange that is under way, if one is: at most one at a
 * time, with a limit on the rounds and on the time for each.
 */
export class EnhancedAuthentication {
  readonly #method: AuthenticationMethod;
  readonly #subject: AuthenticationSubject;
  #exchange: AuthenticationExchange | undefined;
  #rounds = 0;
  #askedAtMs = 0;

  constructor(method: AuthenticationMethod, subject: AuthenticationSubject) {
    this.#method = method;
    this.#subject = subject;
  }

  get method(): string {
    return this.#method.name;
  }

  /** Whether the client owes an answer. */
  get isPending(): boolean {
    return this.#exchange !== undefined;
  }

  /** When the last exchange began or was answered. */
  get askedAtMs(): number {
    return this.#askedAtMs;
  }

  begin(data: Uint8Array | undefined, nowMs: number): AuthenticationStep {
    const exchange = this.#method.exchange(this.#subject);
    if ('kind' in exchange) return exchange;
    this.#exchange = exchange;
    this.#rounds = 0;
    return this.#note(exchange.begin(data), nowMs);
  }

  answer(data: Uint8Array | undefined, nowMs: number): AuthenticationStep {
    const late = this.overdue(nowMs);
    if (late !== undefined) return late;
    const exchange = this.#exchange;
    if (exchange === undefined) return refuse('KS-B321', 'no answer was asked for');
    return this.#note(exchange.answer(data), nowMs);
  }

  /** The refusal of a client that has not answered in time. */
  overdue(nowMs: number): Refusal | undefined {
    const { answerMsMax, name } = this.#method;
    if (this.#exchange === undefined || nowMs - this.#askedAtMs < answerMsMax) return undefined;
    return refuse('KS-B322', `no answer of method '${name}' within ${answerMsMax / 1000} s`);
  }

  #note(step: AuthenticationStep, nowMs: number): AuthenticationStep {
    this.#askedAtMs = nowMs;
    this.#rounds += 1;
    if (step.kind === 'continue' && this.#rounds <= ROUNDS_MAX) return step;
    this.#exchange = undefined;
    return step.kind === 'continue' ? refuse('KS-B321', `no end after ${ROUNDS_MAX} rounds`) : step;
  }
}

/** SCRAM takes two rounds, Kerberos three; a client must not be able to keep the broker asking. */
const ROUNDS_MAX = 8;
