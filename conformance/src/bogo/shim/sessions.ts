import { type ClientStatus, type Resumption, TicketStore } from '@keystile/tls';
import { Unimplemented } from './flags.ts';

/** What outlives a connection: its tickets, and a clock that the runner can put forward. */
export class Sessions implements Resumption {
  readonly tickets = new TicketStore();
  readonly scope = new Uint8Array(32);
  protocol: ClientStatus['protocol'];
  /** It stands still but for what the runner lets pass: ticket ages are compared to the millisecond. */
  #nowMs = Date.now();

  nowMs = (): number => this.#nowMs;

  wait(seconds: number): void {
    this.#nowMs += seconds * 1000;
  }

  /** The runner demands a resumption next. */
  demandOne(): void {
    if (this.tickets.size > 0) return;
    if (this.protocol === 'TLSv1.2') throw new Unimplemented('resumption in TLS 1.2');
    throw new Error('there is no session to resume');
  }
}
