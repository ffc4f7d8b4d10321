import { KeystileError } from '@keystile/errors';
import type { PolicyPurpose } from '@keystile/link';
import { SeenCertificates } from '@keystile/pki/path';
import { type DropEvent, TicketStore } from '@keystile/tls';
import { ByteBudgets } from './byte-budget.ts';
import type { TlsSession } from './tls-session.ts';

/** The sessions of a part (ARCHITECTURE section 8), by handle. */
export const SESSIONS_MAX = 4;
/** Applications leave one alone: whatever they do, the device can be reached and repaired. */
export const APPLICATION_SESSIONS_MAX: number = SESSIONS_MAX - 1;
/** A server's own and its issuer's for each session: 32 KiB at most. */
const SEEN_CERTIFICATES_MAX: number = 2 * SESSIONS_MAX;
/** Handles are one byte on the bus and are not used again soon: an old one should name nothing. */
const HANDLE_MAX = 255;

export class SessionTable {
  /**
   * Of sessions that have ended or still run. Changes of the memory drop them by themselves (`dropEventOf`); an event
   * that changes no memory, such as a new start of the pairing, calls `tickets.drop`.
   */
  readonly tickets: TicketStore = new TicketStore();
  readonly budgets: ByteBudgets = new ByteBudgets();
  /** Certificates of servers: what holds of their bytes alone is found out once. */
  readonly seen: SeenCertificates = new SeenCertificates(SEEN_CERTIFICATES_MAX);
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

  /** Bytes that wait in all sessions together. */
  get heldBytes(): number {
    return this.#all.reduce((sum, { heldBytes }) => sum + heldBytes, 0);
  }

  /** Throws `KS-C162` when all are in use, `KS-C167` when the last is not for this purpose; one that has ended makes room. */
  demandRoom(purpose: PolicyPurpose): void {
    if (hasRoom(purpose, this.#all)) return;
    for (const [handle, session] of this.#sessions) {
      const others = this.#all.filter((each) => each !== session);
      // One whose end would not help keeps what it has to tell its host.
      if (session.isSpent && hasRoom(purpose, others)) return this.release(handle);
    }
    if (this.#sessions.size >= SESSIONS_MAX) throw new KeystileError('KS-C162', `${SESSIONS_MAX} sessions are open`);
    throw new KeystileError('KS-C167', `${APPLICATION_SESSIONS_MAX} sessions of applications are open`);
  }

  add(session: TlsSession): number {
    this.demandRoom(session.policy.purpose);
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

  get #all(): readonly TlsSession[] {
    return [...this.#sessions.values()];
  }
}

function hasRoom(purpose: PolicyPurpose, open: readonly TlsSession[]): boolean {
  if (open.length >= SESSIONS_MAX) return false;
  if (purpose !== 'application') return true;
  return open.filter(({ policy }) => policy.purpose === 'application').length < APPLICATION_SESSIONS_MAX;
}
