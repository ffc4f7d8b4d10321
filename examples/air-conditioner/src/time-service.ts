/** Trusted time by MQTT: the part's nonce goes out, the authority's signed token comes back. Nothing here judges it. */
import { KeystileError } from '@keystile/errors';

export interface TimeServiceOptions {
  readonly serial: string;
  readonly publish: (payload: string) => void;
}

/** The authority signs in milliseconds; beyond this it is not there. */
const ANSWER_MS = 10_000;
/** When everything starts at once, the authority may subscribe a moment after the first request. */
const REPEAT_MS = 3000;

export class TimeService {
  readonly #options: TimeServiceOptions;
  #waiting: ((token: Uint8Array) => void) | undefined;

  constructor(options: TimeServiceOptions) {
    this.#options = options;
  }

  /** A message on the time topic; without a request it is dropped, since the part holds no nonce for it. */
  answered(token: Uint8Array): void {
    this.#waiting?.(token);
  }

  /** Throws KS-U205 when no answer comes. */
  async request(nonce: Uint8Array): Promise<Uint8Array> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    this.#waiting = resolve;
    const timer = setTimeout(() => {
      reject(new KeystileError('KS-U205', `the authority did not answer within ${ANSWER_MS / 1000} s`));
    }, ANSWER_MS);
    const { serial, publish } = this.#options;
    const payload = JSON.stringify({ nonce: Buffer.from(nonce).toString('base64url'), serial });
    publish(payload);
    const repeat = setInterval(() => publish(payload), REPEAT_MS);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      clearInterval(repeat);
      this.#waiting = undefined;
    }
  }
}
