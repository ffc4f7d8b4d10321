import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type ClientOptions, TicketStore } from '../../src/index.ts';
import type { Credential, TestCa } from './credentials.ts';
import type { Line, LineOptions } from './line.ts';
import { lineOpener, mutualWith, type Version } from './versions.ts';

/** Who the connections of a fleet are between. */
export interface FleetParties {
  readonly ca: TestCa;
  readonly server: Credential;
  readonly device: Credential;
}

/** Fleets of one version whose lines end with the tests of the file. */
export function fleetMaker(parties: FleetParties, version: Version): () => TicketFleet {
  const open = lineOpener(parties.server, version);
  return () => new TicketFleet(parties, version, open);
}

/** One server that many connections reach, with keys for its tickets, and one client with a clock that a test moves. */
export class TicketFleet {
  readonly tickets = new TicketStore();
  readonly #parties: FleetParties;
  readonly #version: Version;
  readonly #open: ReturnType<typeof lineOpener>;
  readonly #ticketKeys = randomBytes(48);
  nowMs = 1_800_000_000_000;
  scope: Uint8Array = new Uint8Array(32).fill(1);

  constructor(parties: FleetParties, version: Version, open: ReturnType<typeof lineOpener>) {
    this.#parties = parties;
    this.#version = version;
    this.#open = open;
  }

  /** Connects, and in TLS 1.3 waits for what comes after the handshake: the server's tickets come before its greeting. */
  async connect(options: Partial<LineOptions> = {}): Promise<Line> {
    const line = this.dial(options);
    await line.connected();
    if (this.#version.name === 'TLS 1.3') {
      line.server.write('greeting');
      await line.until('the greeting is here', () => Buffer.concat(line.received).toString() === 'greeting');
    }
    assert.equal(line.server.isSessionReused(), line.client.status.resumed, 'both ends say the same');
    return line;
  }

  dial({ serverOptions, options, ...more }: Partial<LineOptions> = {}): Line {
    return this.#open({
      client: this.#parties.device,
      serverOptions: {
        ...mutualWith(this.#parties.ca),
        ticketKeys: this.#ticketKeys,
        sessionIdContext: 'fleet',
        ...serverOptions,
      },
      options: { resumption: this.resumption, ...options },
      ...more,
    });
  }

  get resumption(): NonNullable<ClientOptions['resumption']> {
    return { tickets: this.tickets, scope: this.scope, nowMs: () => this.nowMs };
  }
}
