import { concatBytes } from '@keystile/bytes';
import { TicketStore } from '@keystile/tls';
import type { Remembered } from './flights.ts';
import { Judge } from './judge.ts';
import { mutateMessages } from './message-mutations.ts';
import { type Delivery, describe, handshakeFlightsOf, type Plan } from './plan.ts';
import { mutateRecords } from './record-mutations.ts';
import type { Scenario } from './scenario.ts';
import { Session, type SessionOptions } from './session.ts';
import type { Mutated, Utterance, WireRecord } from './utterance.ts';
import { Witness } from './witness.ts';
import type { World } from './world.ts';

export interface Verdict {
  readonly about: string;
  /** What was breached, if anything was. */
  readonly violation: string | undefined;
  readonly authenticated: boolean;
  /** The code that the client failed with. */
  readonly code: string | undefined;
}

/** Runs cases, one after the other. What they share is made once and does not change. */
export class MutationRunner {
  readonly #world: World;
  readonly #donors = new Map<Scenario, Undisturbed>();

  constructor(world: World) {
    this.#world = world;
  }

  run(plan: Plan): Verdict {
    const donor = this.#donorOf(plan.scenario);
    const tickets = new TicketStore();
    const witness = new Witness();
    let judge: Judge | undefined;
    const options = this.#options(plan, tickets, (event) => judge?.observe(event));
    const session = new Session(this.#world, plan.scenario, options);
    judge = new Judge({ client: session.client, tickets, witness });
    const changes = new Exchange({ plan, donor, session, witness, judge }).run();
    const { authenticated, violation } = judge;
    const { failure } = session.client;
    const about = describe(plan, changes);
    if (plan.isControl && (failure !== undefined || !authenticated || witness.data.length === 0)) {
      return { about, authenticated, code: failure?.code, violation: `nothing was changed, and ${failure?.message}` };
    }
    return { about, authenticated, code: failure?.code, violation };
  }

  /** Of a session that resumes, the one before it is had here. */
  #options(plan: Plan, tickets: TicketStore, trace: SessionOptions['trace']): SessionOptions {
    const { scenario, suite, verifier } = plan;
    const options = { tickets, verifier, trace, suite };
    if (scenario.kind !== 'resumed') return options;
    const origin = this.#undisturbed({ ...scenario, kind: 'full' }, { ...options, trace: () => {} });
    return { ...options, remembered: origin.remembered };
  }

  #donorOf(scenario: Scenario): Undisturbed {
    const known = this.#donors.get(scenario);
    if (known !== undefined) return known;
    const options = {
      tickets: new TicketStore(),
      verifier: 'blind',
      suite: 'TLS_AES_128_GCM_SHA256',
      trace: () => {},
    } as const;
    const donor =
      scenario.kind === 'resumed'
        ? this.#undisturbed(scenario, {
            ...options,
            remembered: this.#undisturbed({ ...scenario, kind: 'full' }, options).remembered,
          })
        : this.#undisturbed(scenario, options);
    this.#donors.set(scenario, donor);
    return donor;
  }

  /** One whole session that nobody changes. */
  #undisturbed(scenario: Scenario, options: SessionOptions): Undisturbed {
    const session = new Session(this.#world, scenario, options);
    const flights: (readonly Utterance[])[] = [];
    const records: (readonly WireRecord[])[] = [];
    for (let flight = session.nextFlight(); flight !== undefined; flight = session.nextFlight()) {
      const sealed = session.seal(flight, 'one each');
      flights.push(flight);
      records.push(sealed);
      session.client.receive(concatBytes(...sealed.map(({ bytes }) => bytes)));
      session.answer();
    }
    if (flights.length !== handshakeFlightsOf(scenario) + 1 || session.client.failure !== undefined) {
      throw new Error(`an undisturbed session failed: ${session.client.failure?.message}`);
    }
    return { flights, records, remembered: session.remembered };
  }
}

interface Undisturbed {
  readonly flights: readonly (readonly Utterance[])[];
  readonly records: readonly (readonly WireRecord[])[];
  readonly remembered: Remembered;
}

interface ExchangeParts {
  readonly plan: Plan;
  readonly donor: Undisturbed;
  readonly session: Session;
  readonly witness: Witness;
  readonly judge: Judge;
}

/** One session with one flight changed. */
class Exchange {
  readonly #parts: ExchangeParts;
  #changes: readonly string[] = [];

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
  }

  /** What was changed. */
  run(): readonly string[] {
    const { plan, session, judge } = this.#parts;
    const handshakeFlights = handshakeFlightsOf(plan.scenario);
    const honest: Uint8Array[] = [];
    for (let index = 0; index <= handshakeFlights && session.client.failure === undefined; index++) {
      const flight = session.nextFlight();
      if (flight === undefined) break;
      if (index < handshakeFlights) honest.push(...messagesOf(flight));
      if (index === handshakeFlights - 1) judge.honestHandshake(concatBytes(...honest));
      this.#say(flight, index);
      judge.watch(() => session.answer());
    }
    judge.watch(() => session.client.transportEnded());
    judge.conclude();
    return this.#changes;
  }

  #say(flight: readonly Utterance[], index: number): void {
    const { plan, donor, session, witness } = this.#parts;
    const isTarget = index === plan.flight && !plan.isControl;
    const isBefore = isTarget && plan.stage === 'before encryption';
    const said = isBefore
      ? this.#mutated(flight, (now) => mutateMessages(plan.random, now, donor.flights[index] ?? []))
      : flight;
    const records = session.seal(said, plan.packing);
    witness.knows(records);
    const sealed: readonly Uint8Array[] = records.map(({ bytes }) => bytes);
    const sent =
      isTarget && !isBefore
        ? this.#mutated(sealed, (now) => mutateRecords(plan.random, now, donor.records[index] ?? []))
        : sealed;
    this.#deliver(concatBytes(...sent));
  }

  #mutated<Result>(start: Result, mutate: (now: Result) => Mutated<Result>): Result {
    const changes: string[] = [];
    let result = start;
    for (let i = 0; i < this.#parts.plan.mutations; i++) {
      const mutated = mutate(result);
      changes.push(mutated.what);
      ({ result } = mutated);
    }
    this.#changes = changes;
    return result;
  }

  #deliver(bytes: Uint8Array): void {
    const { plan, session, witness, judge } = this.#parts;
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + this.#pieceLength(plan.delivery));
      at += piece.length;
      witness.sees(piece);
      judge.watch(() => session.client.receive(piece));
    }
  }

  #pieceLength(delivery: Delivery): number {
    if (delivery === 'bytes') return 1;
    return delivery === 'whole' ? Number.MAX_SAFE_INTEGER : 1 + this.#parts.plan.random.below(400);
  }
}

function messagesOf(flight: readonly Utterance[]): readonly Uint8Array[] {
  return flight.filter(({ type }) => type === 'handshake').map(({ bytes }) => bytes);
}
