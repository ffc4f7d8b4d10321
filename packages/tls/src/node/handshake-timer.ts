import { KeystileError } from '@keystile/errors';

/** Gives up a handshake that a silent server, network or signer does not finish. */
export class HandshakeTimer {
  readonly #timer: NodeJS.Timeout;

  constructor(timeoutMs: number, onExpired: (error: KeystileError) => void) {
    this.#timer = setTimeout(() => {
      onExpired(new KeystileError('KS-T152', `no connection within ${timeoutMs / 1000} seconds`));
    }, timeoutMs);
  }

  ref(): void {
    this.#timer.ref();
  }

  unref(): void {
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
