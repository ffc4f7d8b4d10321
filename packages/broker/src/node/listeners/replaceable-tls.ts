import { randomBytes } from 'node:crypto';
import type { Server, TlsOptions } from 'node:tls';
import type { Staple } from '../revocation/staple.ts';

/** The TLS of a listener, whose certificates and roots may change while it runs. Connections that are open stay open. */
export class ReplaceableTls {
  readonly #server: Server;
  #options: TlsOptions;

  constructor(server: Server, options: TlsOptions, staple: Staple | undefined) {
    this.#server = server;
    this.#options = options;
    if (staple === undefined) return;
    server.on('OCSPRequest', (certificate, _issuer, answer) => answer(null, staple.answerFor(certificate)));
  }

  replace(options: TlsOptions): void {
    this.#options = options;
    this.renewTickets();
  }

  /** From now on every ticket that was given out is worthless, and each client makes a full handshake. */
  renewTickets(): void {
    // Without keys of its own, a new context would go on with the old ones.
    this.#server.setSecureContext({ ...this.#options, ticketKeys: randomBytes(TICKET_KEYS_LENGTH) });
  }
}

const TICKET_KEYS_LENGTH = 48;
