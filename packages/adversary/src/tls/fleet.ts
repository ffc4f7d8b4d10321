import { type Resumption, TicketStore } from '@keystile/tls';
import type { Psk, ResumableMaster } from '@keystile/tls/codec';
import type { TicketContent } from './hostile-server.ts';
import type { Party } from './party.ts';
import { Talk, type TalkOptions, Tls12Talk } from './talk.ts';

/** Connections of one client that has a store of tickets and a clock, and what its servers remember. */
abstract class AnyFleet {
  readonly tickets = new TicketStore();
  /** Milliseconds since 1970. */
  nowMs = 1_800_000_000_000;
  protected readonly party: Party;

  constructor(party: Party) {
    this.party = party;
  }

  get resumption(): Resumption {
    return { tickets: this.tickets, scope: new Uint8Array(32), nowMs: () => this.nowMs };
  }

  protected optionsOf({ options, ...more }: TalkOptions): TalkOptions {
    return { ...more, options: { resumption: this.resumption, ...options } };
  }
}

export class Fleet extends AnyFleet {
  talk(options: TalkOptions = {}): Talk {
    return new Talk(this.party, this.optionsOf(options));
  }

  /** A full handshake whose server then sends these tickets; their keys as the server knows them. */
  issue(...tickets: TicketContent[]): readonly Psk[] {
    const talk = this.talk();
    talk.connect();
    return talk.server.newSessionTickets(...tickets).map(({ message, psk }) => {
      talk.saySealed(message);
      return psk;
    });
  }
}

export class Tls12Fleet extends AnyFleet {
  talk(options: TalkOptions = {}): Tls12Talk {
    return new Tls12Talk(this.party, this.optionsOf(options));
  }

  /** A full handshake that ends with this ticket; the session as the server remembers it. */
  issue(ticket: Uint8Array, { lifetimeSeconds = 3600, ...options }: IssueOptions = {}): ResumableMaster {
    const talk = this.talk(options);
    talk.say(talk.server.honestFlight({ announceTicket: true }));
    talk.sayPlain(talk.server.newSessionTicket(ticket, lifetimeSeconds));
    talk.say(talk.server.honestEnd());
    return talk.server.session();
  }
}

export interface IssueOptions extends TalkOptions {
  readonly lifetimeSeconds?: number;
}
