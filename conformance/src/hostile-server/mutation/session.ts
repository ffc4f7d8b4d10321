import { HostileServer, type HostileTls12Server } from '@keystile/adversary';
import { TlsClient } from '@keystile/tls';
import { type Course, type Flights, type Remembered, tls12Flights, tls13Flights } from './flights.ts';
import type { Scenario } from './scenario.ts';
import { type Packing, Sealing } from './sealing.ts';
import type { Utterance, WireRecord } from './utterance.ts';
import type { ClientWiring, Tls13Suite, World } from './world.ts';

export interface SessionOptions extends ClientWiring {
  readonly suite: Tls13Suite;
  /** The session to resume; its ticket is in the store. */
  readonly remembered?: Remembered;
}

/** A client, an honest server, and nothing between them yet: whoever has it carries the bytes. */
export class Session {
  readonly client: TlsClient;
  readonly #world: World;
  readonly #server: HostileServer | HostileTls12Server;
  readonly #sealing: Sealing;
  readonly #flights: Flights;
  #remembered: Remembered = {};

  constructor(world: World, scenario: Scenario, options: SessionOptions) {
    this.#world = world;
    this.#server = world.server(scenario, options.suite);
    this.#sealing = new Sealing(this.#server);
    this.client = new TlsClient(world.clientOptions(scenario, options));
    this.client.start();
    this.#server.receive(this.client.takeOutput());
    this.#flights = flightsOf(this.#server, scenario, {
      remembered: options.remembered ?? {},
      remember: (remembered) => {
        this.#remembered = remembered;
      },
    });
  }

  /** What the server knows of it afterwards. */
  get remembered(): Remembered {
    return this.#remembered;
  }

  /** What the server says next, if it can: one that could not follow the client's answer has no keys to speak with. */
  nextFlight(): readonly Utterance[] | undefined {
    try {
      return this.#flights.next().value ?? undefined;
    } catch {
      return undefined;
    }
  }

  seal(flight: readonly Utterance[], packing: Packing): readonly WireRecord[] {
    return this.#sealing.seal(flight, packing);
  }

  /** The client answers: with a signature, if it asked for one. */
  answer(): void {
    const request = this.client.signRequest;
    if (request !== undefined) this.client.answerSignature(request.id, this.#world.sign(request));
    const said = this.client.takeOutput();
    try {
      this.#server.receive(said);
    } catch {
      // The two saw different messages: the server cannot open what the client sealed.
    }
  }
}

function flightsOf(
  server: HostileServer | HostileTls12Server,
  { kind, authentication }: Scenario,
  memory: Pick<Course, 'remember' | 'remembered'>,
): Flights {
  const course = { ...memory, asksForCertificate: authentication !== 'none' };
  return server instanceof HostileServer
    ? tls13Flights(server, { ...course, retries: kind === 'retried' })
    : tls12Flights(server, course);
}
