import assert from 'node:assert/strict';
import type { AccessRule } from '../../src/access/rules.ts';
import { defaultClientsAtOnce } from '../../src/admission/client-id.ts';
import { type Identity, parseIdentity } from '../../src/admission/identity.ts';
import type { AuthenticationOptions } from '../../src/authentication/authentication.ts';
import { Broker } from '../../src/broker.ts';
import type { Connection } from '../../src/connection/connection.ts';
import { defaultLimits, type Limits, type ProcessBudget } from '../../src/limits.ts';
import type { BrokerEvent } from '../../src/log.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import type { Store } from '../../src/store/store.ts';
import type { ShareStrategy } from '../../src/topics/share-strategy.ts';
import { Client, type ClientOptions } from './client.ts';
import { Random } from './random.ts';

/** Services may do everything, devices speak for themselves. */
export const testRules: readonly AccessRule[] = [
  { roles: ['service'], action: 'publish', topic: '#', effect: 'allow' },
  { roles: ['service'], action: 'subscribe', topic: '#', effect: 'allow' },
  { roles: ['device'], action: 'publish', topic: 'ac/%i/#', effect: 'allow' },
  { roles: ['device'], action: 'subscribe', topic: 'ac/%i/set/#', effect: 'allow' },
];

export interface WorldOptions {
  readonly rules?: readonly AccessRule[];
  readonly limits?: Partial<Limits>;
  readonly budget?: ProcessBudget;
  readonly store?: Store;
  readonly authentication?: AuthenticationOptions;
  readonly shareStrategy?: ShareStrategy;
  readonly serverReference?: string;
}

/**
 * A broker with a simulated clock and clients in memory. Everything that the broker has to say reaches the clients before
 * a call returns, unless a client's transport is stalled.
 */
export class World {
  readonly broker: Broker;
  readonly limits: Limits;
  readonly store: Store;
  readonly events: BrokerEvent[] = [];
  readonly #clients = new Map<Connection, Client>();
  #hasOutput = false;
  #turns = 0;
  nowMs = 1_000_000;

  constructor(options: WorldOptions = {}) {
    this.limits = { ...defaultLimits, ...options.limits };
    this.store = options.store ?? new MemoryStore();
    const random = new Random(20261124);
    this.broker = new Broker({
      rules: options.rules ?? testRules,
      clientsAtOnce: defaultClientsAtOnce,
      ...(options.authentication && { authentication: options.authentication }),
      ...(options.shareStrategy && { shareStrategy: options.shareStrategy }),
      ...(options.serverReference !== undefined && { serverReference: options.serverReference }),
      queue: this.limits,
      ...(options.budget && { budget: options.budget }),
      store: this.store,
      random: (length) => random.bytes(length),
      log: (event) => this.events.push(event),
      onOutput: () => {
        this.#hasOutput = true;
      },
    });
  }

  /** A connection that has sent nothing. `who` is `role:id`. */
  open(who: string, options: ClientOptions = {}): Client {
    const identity = identityOf(who);
    const peer = {
      credentials: { identity, serial: options.serial },
      listener: { name: options.listener ?? 'test', clientIds: options.clientIds ?? 'own', limits: this.limits },
      ...(options.channel && { channel: options.channel }),
      remote: 'test',
    } as const;
    const connection = this.broker.open(peer, this.nowMs);
    const client = new Client({ world: this, connection, identity, options });
    this.#clients.set(connection, client);
    return client;
  }

  /** A client whose CONNECT was accepted. */
  connect(who: string, options: ClientOptions = {}): Client {
    const client = this.open(who, options);
    client.sendConnect();
    assert.equal(client.connack?.code, 0, `${who} was refused`);
    return client;
  }

  /** Lets time pass in steps of a second at most. */
  advance(ms: number): void {
    const untilMs = this.nowMs + ms;
    while (this.nowMs < untilMs) {
      this.nowMs = Math.min(untilMs, this.nowMs + 1000);
      this.broker.tick(this.nowMs);
      this.flush();
    }
  }

  /** Brings all output to the clients, whose answers may bring about more. */
  flush(): void {
    while (this.#hasOutput) this.#flushOnce();
  }

  /** How many turns of output `work` brings about. */
  turnsOf(work: () => void): number {
    const before = this.#turns;
    work();
    return this.#turns - before;
  }

  #flushOnce(): void {
    this.#hasOutput = false;
    this.#turns += 1;
    for (const { connection, chunks, close } of this.broker.takeOutput()) {
      const client = this.#clients.get(connection);
      assert.ok(client !== undefined, 'output for a connection that is closed');
      client.arrived(chunks);
      if (close) client.transportClosed();
    }
  }

  forget(connection: Connection): void {
    this.broker.closed(connection, this.nowMs);
    this.#clients.delete(connection);
    this.flush();
  }
}

export function identityOf(who: string): Identity {
  const identity = parseIdentity(`urn:keystile:test:${who}`);
  assert.ok(identity !== undefined, who);
  return identity;
}
