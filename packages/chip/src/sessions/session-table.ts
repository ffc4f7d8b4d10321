import { KeystileError } from '@keystile/errors';
import { type DropEvent, TicketStore } from '@keystile/tls';
import type { TlsSession } from './tls-session.ts';

/** The sessions of a part (ARCHITECTURE section 8), by handle. */
export const SESSIONS_MAX = 4;
/** Handles are one byte on the bus and are not used again soon: an old one should name nothing. */
const HANDLE_MAX = 255;

export class SessionTable {
  /** Of sessions that have ended or still run. */
  readonly tickets: TicketStore = new TicketStore();
  readonly #sessions = new Map<number, TlsSession>();
  #lastHandle = 0;
  #opened = 0;

  get size(): number {
    return this.#sessions.size;
  }

  /** Sessions that were opened since the part got power. */
  get opened(): number {
    return this.#opened;
  }

  /** Throws `KS-C162` when all are in use; one that has ended makes room. */
  demandRoom(): void {
    if (this.#sessions.size < SESSIONS_MAX) return;
    for (const [handle, session] of this.#sessions) {
      if (session.isSpent) return this.release(handle);
    }
    throw new KeystileError('KS-C162', `${SESSIONS_MAX} sessions are open`);
  }

  add(session: TlsSession): number {
    this.demandRoom();
    do this.#lastHandle = (this.#lastHandle % HANDLE_MAX) + 1;
    while (this.#sessions.has(this.#lastHandle));
    this.#sessions.set(this.#lastHandle, session);
    this.#opened += 1;
    return this.#lastHandle;
  }

  /** Throws `KS-C163`. */
  demand(handle: number): TlsSession {
    const session = this.#sessions.get(handle);
    if (session === undefined) throw new KeystileError('KS-C163', `handle ${handle} names no session`);
    session.checkDuration();
    return session;
  }

  release(handle: number): void {
    this.#sessions.get(handle)?.discard();
    this.#sessions.delete(handle);
  }

  /** All at once, keys first, without a word to any server; what could resume them goes too. */
  discardAll(event: DropEvent): void {
    this.tickets.drop(event);
    for (const session of this.#sessions.values()) session.discard();
    this.#sessions.clear();
  }
}
