import { type Resumption, TicketStore } from '@keystile/tls';
import type { Flags } from './flags.ts';

/** What outlives a connection: its tickets, and a clock that the runner can put forward. */
export class Sessions implements Resumption {
  readonly tickets = new TicketStore();
  readonly scope = new Uint8Array(32);
  /** It stands still but for what the runner lets pass: ticket ages are compared to the millisecond. */
  #nowMs = Date.now();

  nowMs = (): number => this.#nowMs;

  wait(seconds: number): void {
    this.#nowMs += seconds * 1000;
  }

  /** After a connection, whether it brought a ticket as expected; throws if not. */
  check(flags: Flags): void {
    const { size } = this.tickets;
    if (flags['expect-no-session'] === true && size > 0) throw new Error('a ticket was kept');
    if (flags['expect-ticket-renewal'] === true && size === 0) throw new Error('no new ticket came');
  }

  /** The runner demands a resumption next. */
  demandOne(): void {
    if (this.tickets.size > 0) return;
    throw new Error('there is no session to resume');
  }
}
