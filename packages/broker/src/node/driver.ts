import type { Broker } from '../broker.ts';
import type { Connection } from '../connection/connection.ts';
import type { Peer } from '../connection/parts.ts';
import type { ProgramLog } from './log.ts';
import type { Transport, TransportEvents } from './transport.ts';

/**
 * Joins transports to the core. What one turn of the event loop produces for a connection leaves in one write.
 *
 * A transport that is full is not read from either: a client that sends and never reads cannot make the broker hold
 * more than one turn's answers for it. One that stays full is cut off. Nor is a client read from that publishes faster
 * than it may, until it is within its rate again: what it sends then waits on its own side of the network.
 */
export interface DriverOptions {
  /** Milliseconds on one monotonic clock. */
  readonly now: () => number;
  readonly log: ProgramLog;
}

interface Driven {
  readonly transport: Transport;
  readonly peer: Peer;
  /** Called once when the client is admitted. */
  readonly onAdmitted: () => void;
  isAdmitted: boolean;
  congestedSinceMs: number | undefined;
  /** Ends the rest of a client that was too fast. */
  rest: NodeJS.Timeout | undefined;
  /** Set when the core has ended the connection; the transport may still be sending the last bytes. */
  endingSinceMs: number | undefined;
}

/** A subscriber that takes nothing for this long is gone or hostile; its session keeps what it must. */
const WRITE_STALL_MAX_MS = 30_000;
/** A peer that does not close after our last packet is closed. */
const CLOSE_PATIENCE_MS = 2_000;
const TICK_MS = 500;

export class Driver {
  readonly #broker: Broker;
  readonly #now: () => number;
  readonly #log: ProgramLog;
  readonly #driven = new Map<Connection, Driven>();
  readonly #timer: NodeJS.Timeout;
  #flushScheduled = false;

  /** `makeBroker` gets what the core must call when there is output. */
  constructor(makeBroker: (onOutput: () => void) => Broker, { now, log }: DriverOptions) {
    this.#now = now;
    this.#log = log;
    this.#broker = makeBroker(() => this.#scheduleFlush());
    this.#timer = setInterval(() => this.#survive(() => this.#tick()), TICK_MS);
  }

  get broker(): Broker {
    return this.#broker;
  }

  get connectionCount(): number {
    return this.#driven.size;
  }

  /** The peer is identified; from here on the core decides. */
  open(transport: Transport, peer: Peer, onAdmitted: () => void): TransportEvents {
    const connection = this.#broker.open(peer, this.#now());
    const driven: Driven = {
      transport,
      peer,
      onAdmitted,
      isAdmitted: false,
      congestedSinceMs: undefined,
      rest: undefined,
      endingSinceMs: undefined,
    };
    this.#driven.set(connection, driven);
    return {
      received: (bytes) => this.#guard(connection, driven, () => this.#receive(connection, driven, bytes)),
      drained: () => this.#guard(connection, driven, () => this.#drained(connection, driven)),
      closed: () => this.#guard(connection, driven, () => this.#closed(connection, driven)),
    };
  }

  /** Writes what waits now instead of at the end of the turn. */
  flush(): void {
    this.#flushScheduled = false;
    for (const { connection, chunks, close } of this.#broker.takeOutput()) {
      const driven = this.#driven.get(connection);
      if (driven === undefined) continue;
      if (chunks.length > 0 && !driven.transport.write(joined(chunks))) this.#congest(connection, driven);
      if (close && driven.endingSinceMs === undefined) {
        driven.endingSinceMs = this.#now();
        driven.transport.end();
      }
    }
  }

  /** Ends the clock and cuts off what is still connected. */
  close(): void {
    clearInterval(this.#timer);
    this.flush();
    for (const { transport, rest } of this.#driven.values()) {
      clearTimeout(rest);
      transport.destroy();
    }
  }

  #receive(connection: Connection, driven: Driven, bytes: Uint8Array): void {
    const nowMs = this.#now();
    connection.receive(bytes, nowMs);
    const restMs = connection.restMs(nowMs);
    if (restMs > 0) this.#rest(driven, restMs);
    if (driven.isAdmitted || connection.connected === undefined) return;
    driven.isAdmitted = true;
    driven.onAdmitted();
  }

  #rest(driven: Driven, restMs: number): void {
    driven.transport.pause();
    clearTimeout(driven.rest);
    driven.rest = setTimeout(() => {
      driven.rest = undefined;
      if (driven.congestedSinceMs === undefined) driven.transport.resume();
    }, restMs);
  }

  #congest(connection: Connection, driven: Driven): void {
    if (driven.congestedSinceMs !== undefined) return;
    driven.congestedSinceMs = this.#now();
    connection.setCongested(true, driven.congestedSinceMs);
    driven.transport.pause();
  }

  #drained(connection: Connection, driven: Driven): void {
    if (driven.congestedSinceMs === undefined) return;
    driven.congestedSinceMs = undefined;
    if (driven.rest === undefined) driven.transport.resume();
    connection.setCongested(false, this.#now());
  }

  #closed(connection: Connection, driven: Driven): void {
    clearTimeout(driven.rest);
    this.#broker.closed(connection, this.#now());
    this.#driven.delete(connection);
  }

  /** A fault of the core costs the one connection that met it, and is told; no peer can end the program. */
  #guard(connection: Connection, driven: Driven, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#log.fault('KS-B117', `a connection from ${driven.peer.remote} met it`, error);
      this.#driven.delete(connection);
      clearTimeout(driven.rest);
      driven.transport.destroy();
    }
  }

  /** The same for work that belongs to no one connection: the next turn goes on with what there is. */
  #survive(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#log.fault('KS-B117', 'work for all connections met it', error);
    }
  }

  #tick(): void {
    const nowMs = this.#now();
    this.#broker.tick(nowMs);
    for (const driven of this.#driven.values()) {
      const { congestedSinceMs, endingSinceMs, transport, peer } = driven;
      if (endingSinceMs !== undefined && nowMs - endingSinceMs > CLOSE_PATIENCE_MS) transport.destroy();
      else if (congestedSinceMs !== undefined && nowMs - congestedSinceMs > WRITE_STALL_MAX_MS) {
        const sentence = `${peer.remote} has read nothing for ${WRITE_STALL_MAX_MS / 1000} s`;
        const identity = peer.credentials.identity.urn;
        this.#log.event({ level: 'warn', event: 'disconnected', code: 'KS-B116', sentence, identity });
        transport.destroy();
      }
    }
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    // After the poll phase: everything that this turn's packets bring about is then there.
    setImmediate(() => this.#survive(() => this.flush()));
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [first] = chunks;
  return first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks);
}
