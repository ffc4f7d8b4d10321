import { Reason } from '@keystile/mqtt';
import { AccessControl } from './access/access-control.ts';
import type { AccessRule } from './access/rules.ts';
import type { ClientsAtOnce } from './admission/client-id.ts';
import { type Credentials, type Revocation, Revocations } from './admission/revocations.ts';
import { Authentication, type AuthenticationOptions } from './authentication/authentication.ts';
import { Connection } from './connection/connection.ts';
import type { Ending } from './connection/ending.ts';
import type { BrokerParts, Peer } from './connection/parts.ts';
import { PublishEncoding } from './connection/publish-encoding.ts';
import { defaultBudget, HELD_BACK_TURNS_MAX, type ProcessBudget } from './limits.ts';
import type { EventSink } from './log.ts';
import { type LastWill, type Message, willMessage } from './message.ts';
import { QueueBudget } from './session/queue-budget.ts';
import type { QueueLimits } from './session/session.ts';
import { SessionRegistry } from './session/session-registry.ts';
import type { Store } from './store/store.ts';
import { Router } from './topics/router.ts';
import type { ShareStrategy } from './topics/share-strategy.ts';

export interface BrokerOptions {
  readonly rules: readonly AccessRule[];
  readonly clientsAtOnce: ClientsAtOnce;
  /** Methods of enhanced authentication, and who must use one; none when absent. */
  readonly authentication?: AuthenticationOptions;
  readonly queue: QueueLimits;
  /** How shared subscriptions choose; in turn when absent. */
  readonly shareStrategy?: ShareStrategy;
  /** Where clients are sent by `drain` (§4.11), such as `broker-2.example:8883`; nowhere when absent. */
  readonly serverReference?: string;
  /** `defaultBudget` when absent. */
  readonly budget?: ProcessBudget;
  readonly store: Store;
  readonly random: (length: number) => Uint8Array;
  readonly log: EventSink;
  /** Called when there is output to take and there was none before: the driver then flushes once in this turn. */
  readonly onOutput: () => void;
}

/** What one connection has to write, and whether its transport is to be closed after that. */
export interface Output {
  readonly connection: Connection;
  readonly chunks: readonly Uint8Array[];
  readonly close: boolean;
}

/**
 * The broker without its edges: connections in, messages between them, output to be taken by a driver.
 *
 * No socket, file, timer, clock or randomness of its own: every entry takes the time in milliseconds on one monotonic
 * clock, and `tick` is to be called about once a second. All that one turn produces for a connection is taken by
 * `takeOutput` in one piece.
 */
export class Broker {
  readonly #parts: BrokerParts;
  readonly #access: AccessControl;
  readonly #revocations = new Revocations();
  readonly #encoding = new PublishEncoding();
  readonly #connections = new Set<Connection>();
  readonly #withOutput = new Set<Connection>();
  /** Connections whose session was held back by a full outbox or a long walk: they go on with the next output. */
  readonly #heldBack = new Set<Connection>();
  readonly #onOutput: () => void;
  #draining = false;

  constructor(options: BrokerOptions) {
    const { store, random, log, clientsAtOnce } = options;
    this.#onOutput = options.onOutput;
    this.#access = new AccessControl(options.rules, this.#revocations);
    const { shareStrategy = 'round-robin', serverReference, budget = defaultBudget } = options;
    const { queuedBytesMax, retainedBytesMax } = budget;
    const router = new Router({ retained: store.retained, access: this.#access, shareStrategy, retainedBytesMax });
    const publishWill = (will: LastWill, nowMs: number): void => this.#publishWill(will, nowMs);
    const sessions = new SessionRegistry({
      store,
      router,
      access: this.#access,
      limits: options.queue,
      budget: new QueueBudget(queuedBytesMax),
      publishWill,
    });
    this.#parts = {
      store,
      random,
      log,
      clientsAtOnce,
      router,
      sessions,
      access: this.#access,
      revocations: this.#revocations,
      authentication: new Authentication(options.authentication ?? { methods: [], demands: [] }, random),
      encoding: this.#encoding,
      serverReference,
      isDraining: () => this.#draining,
      publish: (message, nowMs, listener) => this.#publish(message, nowMs, listener),
    };
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** A transport was accepted and its peer identified. */
  open(peer: Peer, nowMs: number): Connection {
    const onOutput = (connection: Connection): void => this.#noteOutput(connection);
    const onHeldBack = (connection: Connection): void => this.#noteHeldBack(connection);
    const connection = new Connection({ parts: this.#parts, peer, nowMs, onOutput, onHeldBack });
    this.#connections.add(connection);
    return connection;
  }

  /** The transport is gone. */
  closed(connection: Connection, nowMs: number): void {
    connection.transportClosed(nowMs);
    this.#connections.delete(connection);
    this.#withOutput.delete(connection);
    this.#heldBack.delete(connection);
  }

  tick(nowMs: number): void {
    for (const connection of [...this.#connections]) connection.tick(nowMs);
    this.#parts.sessions.tick(nowMs);
    this.#parts.router.tick(nowMs);
    this.#reportDropped();
  }

  /** A connection gives at most about `OUTBOX_BYTES_MAX` at once; when it has more, `onOutput` is called before this returns. */
  takeOutput(): readonly Output[] {
    let turns = Math.min(this.#heldBack.size, HELD_BACK_TURNS_MAX);
    for (const connection of this.#heldBack) {
      if (turns === 0) break;
      turns -= 1;
      // Who has still more goes to the end of the line, which is not reached in this turn.
      this.#heldBack.delete(connection);
      connection.takeTurn();
    }
    const outputs = Array.from(this.#withOutput, (connection) => ({ connection, ...connection.takeOutput() }));
    this.#withOutput.clear();
    this.#encoding.clear();
    if (this.#heldBack.size > 0) this.#onOutput();
    return outputs;
  }

  /** Denies from now on, ends what is connected (0x98) and forgets its sessions; returns how many were connected. */
  revoke(revocation: Revocation, nowMs: number): number {
    this.#revocations.add(revocation);
    const ending: Ending = {
      kind: 'server',
      reason: Reason.administrativeAction,
      code: 'KS-B208',
      sentence: 'identity or certificate revoked',
    };
    const ended = this.#endWhere((credentials) => this.#revocations.covers(credentials), ending, nowMs);
    if (revocation.kind === 'identity') this.#parts.sessions.discardAll(revocation.urn, nowMs);
    return ended;
  }

  /** New rules take effect at once, on subscriptions and on what waits for delivery too. */
  replaceRules(rules: readonly AccessRule[]): void {
    this.#access.replaceRules(rules);
    this.#parts.sessions.applyRules();
  }

  /** Takes no new clients and sends the present ones away (0x8B), or to another server (0x9C) when one is named. */
  drain(nowMs: number): void {
    this.#draining = true;
    const { serverReference } = this.#parts;
    const ending: Ending = {
      kind: 'server',
      reason: Reason.serverShuttingDown,
      code: 'KS-B209',
      sentence: 'shutting down',
      ...(serverReference !== undefined && { reason: Reason.useAnotherServer, serverReference }),
    };
    this.#endWhere(() => true, ending, nowMs);
  }

  #endWhere(concerns: (credentials: Credentials) => boolean, ending: Ending, nowMs: number): number {
    const found = [...this.#connections].filter((each) => !each.ended && concerns(each.peer.credentials));
    for (const connection of found) connection.end(ending, nowMs);
    return found.length;
  }

  #publish(message: Message, nowMs: number, listener?: string): number {
    if (message.retain) this.#parts.router.retain(message);
    return this.#parts.router.publish(message, nowMs, listener);
  }

  /** The right to the topic is asked again: the rules may have changed since CONNECT. */
  #publishWill(will: LastWill, nowMs: number): void {
    const { author, topic } = will.message;
    const { log, router } = this.#parts;
    const refused = { level: 'warn', event: 'will-refused', identity: author.urn } as const;
    if (!this.#access.mayStillPublish(author, topic)) {
      const sentence = `the will of '${author.urn}' on '${topic}' is no longer permitted`;
      log({ ...refused, code: 'KS-B302', sentence });
      return;
    }
    const message = willMessage(will, nowMs);
    const noRoom = router.refuseToRetain(message, will.retainedLimits);
    if (noRoom !== undefined) {
      log({ ...refused, code: noRoom.code, sentence: `the will of '${author.urn}': ${noRoom.sentence}` });
      router.publish(message, nowMs);
    } else this.#publish(message, nowMs);
  }

  #reportDropped(): void {
    for (const session of this.#parts.sessions.takeDropping()) {
      const dropped = session.takeDropped();
      const { identity, clientId } = session.stored;
      const sentence = `${dropped} messages dropped: the queue is full`;
      this.#parts.log({
        level: 'warn',
        event: 'messages-dropped',
        code: 'KS-B115',
        sentence,
        identity: identity.urn,
        clientId,
      });
    }
  }

  #noteOutput(connection: Connection): void {
    const first = this.#withOutput.size + this.#heldBack.size === 0;
    this.#withOutput.add(connection);
    if (first) this.#onOutput();
  }

  #noteHeldBack(connection: Connection): void {
    const first = this.#withOutput.size + this.#heldBack.size === 0;
    this.#heldBack.add(connection);
    if (first) this.#onOutput();
  }
}
