import { concatBytes } from '@keystile/bytes';
import type { TicketStore, TlsClient, TraceEvent } from '@keystile/tls';
import { isPrefix, type Witness } from './witness.ts';

/** More than any client says in a handshake of these sizes, its certificate included. */
const OUTPUT_MAX = 16 * 1024;
/** The engine's high water mark and one record. */
const READABLE_MAX = 80 * 1024;
/** Messages, states and keys that one session can be about; an engine that goes round in circles reports more. */
const EVENTS_MAX = 1_000;

/** Codes that name a fault of the client or its caller: nothing a server says may lead to one. */
const ownFaults = /^KS-T1(00|3\d)$/;

/**
 * What must hold of a client at any moment, whatever a server does. The first breach is kept as the violation.
 */
export class Judge {
  readonly #client: TlsClient;
  readonly #tickets: TicketStore;
  readonly #witness: Witness;
  #events = 0;
  #fatalAlerts = 0;
  #authenticated = false;
  #violation: string | undefined;
  /** Handshake bytes up to the server's Finished, once all of them were made. */
  #honest: Uint8Array | undefined;

  constructor(parties: { readonly client: TlsClient; readonly tickets: TicketStore; readonly witness: Witness }) {
    this.#client = parties.client;
    this.#tickets = parties.tickets;
    this.#witness = parties.witness;
  }

  get violation(): string | undefined {
    return this.#violation;
  }

  /** Whether the client ever took the server for authenticated. */
  get authenticated(): boolean {
    return this.#authenticated;
  }

  /** The honest server's messages to Finished, all of which the client must have understood before it goes on. */
  honestHandshake(bytes: Uint8Array): void {
    this.#honest = bytes;
  }

  /** For the client's trace. */
  observe(event: TraceEvent): void {
    this.#events++;
    if (event.kind === 'alert' && event.direction === 'sent' && !warnings.has(event.name)) this.#fatalAlerts++;
    if (this.#events > EVENTS_MAX) {
      this.#violate(`more than ${EVENTS_MAX} steps: the engine does not come to an end`);
      throw new RangeError('stopped by the judge');
    }
  }

  /** Calls the engine: nothing may be thrown, and afterwards everything must hold. */
  watch(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#violate(`an exception escaped: ${error instanceof Error ? error.stack : String(error)}`);
    }
    this.#examine();
  }

  /** After the end of the transport. Takes all data. */
  conclude(): void {
    const { client } = this;
    const read: Uint8Array[] = [];
    this.watch(() => {
      while (client.readableBytes > 0) read.push(client.readApplicationData(1_000));
    });
    if (!isPrefix(concatBytes(...read), this.#witness.data))
      this.#violate('data came out that the server did not send');
    if (client.status.phase !== 'closed' && client.status.phase !== 'failed') {
      this.#violate(`the transport ended, and the client is ${client.status.phase}`);
    }
    this.#demandSilence();
  }

  get client(): TlsClient {
    return this.#client;
  }

  #demandSilence(): void {
    const { client } = this;
    client.takeOutput();
    const { phase } = client.status;
    this.watch(() => client.receive(new Uint8Array(100).fill(22)));
    if (client.outputBytes > 0 || client.status.phase !== phase) this.#violate('it came to life again after its end');
  }

  #examine(): void {
    const { client } = this;
    if (client.outputBytes > OUTPUT_MAX) this.#violate(`${client.outputBytes} bytes of output`);
    if (client.readableBytes > READABLE_MAX) this.#violate(`${client.readableBytes} bytes wait to be read`);
    if (this.#fatalAlerts > 1) this.#violate('more than one alert ends the connection');
    const { failure } = client;
    if (failure !== undefined && ownFaults.test(failure.code)) {
      this.#violate(`a server led to ${failure.message}${failure.detail === undefined ? '' : ` (${failure.detail})`}`);
    }
    if (client.status.serverPath === undefined) {
      if (this.#tickets.size > 0) this.#violate('a ticket was kept before the server was authenticated');
      return;
    }
    this.#authenticated = true;
    if (this.#honest === undefined || !isPrefix(this.#honest, this.#witness.handshake)) {
      this.#violate('authenticated, though the client did not see the handshake messages that the server said');
    }
  }

  #violate(violation: string): void {
    this.#violation ??= violation;
  }
}

const warnings: ReadonlySet<string> = new Set(['close_notify', 'no_renegotiation']);
