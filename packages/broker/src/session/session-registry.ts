import type { AccessControl } from '../access/access-control.ts';
import type { Identity } from '../admission/identity.ts';
import type { LastWill } from '../message.ts';
import type { Store, StoredSession } from '../store/store.ts';
import type { Router } from '../topics/router.ts';
import type { QueueBudget } from './queue-budget.ts';
import { type QueueLimits, Session, type SessionOptions } from './session.ts';
import { type SessionKey, sessionKeyOf } from './session-key.ts';

/** What becomes of a session when its connection ends. */
export interface Leaving {
  /** Milliseconds that the session is kept; 0 ends it at once. */
  readonly keepMs: number;
  /** The will, unless the client took it back by a normal DISCONNECT. */
  readonly will: LastWill | undefined;
}

export interface RegistryOptions {
  readonly store: Store;
  readonly router: Router;
  readonly access: AccessControl;
  readonly limits: QueueLimits;
  /** Of all sessions together. */
  readonly budget: QueueBudget;
  /** Publishes a will, if its author still may. */
  readonly publishWill: (will: LastWill, nowMs: number) => void;
}

/** All sessions, connected or not, and what time does to them: expiry and delayed wills. */
export class SessionRegistry {
  readonly #options: RegistryOptions;
  readonly #sessionOptions: SessionOptions;
  readonly #sessions = new Map<SessionKey, Session>();
  /** Sessions by identity, for the limits of its class. */
  readonly #byIdentity = new Map<string, Set<Session>>();
  /** Sessions without a connection: the only ones that time can end. */
  readonly #waiting = new Set<Session>();
  /** Sessions that dropped messages and have not been reported. */
  readonly #dropping = new Set<Session>();

  constructor(options: RegistryOptions) {
    this.#options = options;
    const { access, limits, budget } = options;
    this.#sessionOptions = {
      limits,
      budget,
      mayReceive: (session, topic) => access.permissionsOf(session.stored.identity).mayReceive(topic).allowed,
      onDropped: (session) => this.#dropping.add(session),
    };
    for (const stored of [...options.store.sessions.all()]) this.#restore(stored);
  }

  find(identity: Identity, clientId: string): Session | undefined {
    return this.#sessions.get(sessionKeyOf(identity, clientId));
  }

  sessionsOf(identity: Identity): ReadonlySet<Session> {
    return this.#byIdentity.get(identity.urn) ?? new Set();
  }

  /** New rules: subscriptions that they no longer allow are removed, and so is what waits for delivery. */
  applyRules(): void {
    for (const session of this.#sessions.values()) this.#applyRules(session);
  }

  /** Sessions that dropped messages since the last call. */
  takeDropping(): readonly Session[] {
    const dropping = [...this.#dropping];
    this.#dropping.clear();
    return dropping;
  }

  /** Continues the session that is kept for this client, or ends that and starts a new one [MQTT-3.1.2-4 to -6]. */
  open(
    client: { readonly identity: Identity; readonly clientId: string; readonly keepMs: number },
    cleanStart: boolean,
    nowMs: number,
  ): { readonly session: Session; readonly present: boolean } {
    const { identity, clientId, keepMs } = client;
    const key = sessionKeyOf(identity, clientId);
    const kept = this.#sessions.get(key);
    if (kept !== undefined && !cleanStart && !isOver(kept, nowMs)) {
      kept.stored.setExpiry(undefined);
      kept.stored.setKeep(keepMs);
      kept.stored.setPendingWill(undefined);
      this.#waiting.delete(kept);
      return { session: kept, present: true };
    }
    if (kept !== undefined) this.#end(kept, nowMs);
    const { store } = this.#options;
    const session = new Session(store.sessions.create({ key, identity, clientId }), this.#sessionOptions);
    session.stored.setKeep(keepMs);
    this.#add(session);
    return { session, present: false };
  }

  /** The connection of a session has ended. */
  leave(session: Session, leaving: Leaving, nowMs: number): void {
    session.detach();
    const { will, keepMs } = leaving;
    const delayMs = will === undefined ? 0 : Math.min(will.delayMs, keepMs);
    if (will !== undefined && delayMs > 0) {
      session.stored.setPendingWill({ will, dueAtMs: nowMs + delayMs });
    }
    if (keepMs === 0) this.#end(session, nowMs);
    else {
      session.stored.setExpiry(nowMs + keepMs);
      this.#waiting.add(session);
      this.#options.router.redistribute(session, nowMs, false);
    }
    if (will !== undefined && delayMs === 0) this.#options.publishWill(will, nowMs);
  }

  tick(nowMs: number): void {
    for (const session of [...this.#waiting]) {
      const { pendingWill: pending, expiresAtMs, keepMs } = session.stored;
      // It was connected when the broker ended: its time begins now.
      if (expiresAtMs === undefined) session.stored.setExpiry(nowMs + keepMs);
      if (isOver(session, nowMs)) this.#end(session, nowMs);
      else if (pending !== undefined && pending.dueAtMs <= nowMs) this.#fireWill(session, nowMs);
    }
  }

  /** Removes all sessions of an identity, wills included: it was revoked, and nobody is connected to them any more. */
  discardAll(urn: string, nowMs: number): void {
    for (const session of [...(this.#byIdentity.get(urn) ?? [])]) {
      session.stored.setPendingWill(undefined);
      this.#remove(session, nowMs);
    }
  }

  #end(session: Session, nowMs: number): void {
    // The session's end is the last moment for its will (§3.1.3.2.2).
    this.#fireWill(session, nowMs);
    this.#remove(session, nowMs);
  }

  #fireWill(session: Session, nowMs: number): void {
    const pending = session.stored.pendingWill;
    if (pending === undefined) return;
    session.stored.setPendingWill(undefined);
    this.#options.publishWill(pending.will, nowMs);
  }

  #restore(stored: StoredSession): void {
    if (stored.expiresAtMs === undefined && stored.keepMs === 0) {
      // It ended with its connection, and that with the broker.
      this.#options.store.sessions.delete(stored.key);
      return;
    }
    const session = new Session(stored, this.#sessionOptions);
    this.#add(session);
    this.#waiting.add(session);
    for (const subscription of [...stored.subscriptions.values()])
      this.#options.router.subscribe(session, subscription);
    // The rules may be others than those under which the session was stored.
    this.#applyRules(session);
  }

  #applyRules(session: Session): void {
    const { access, router } = this.#options;
    const { identity, subscriptions } = session.stored;
    for (const subscription of [...subscriptions.values()]) {
      if (!access.maySubscribe(identity, subscription)) router.unsubscribe(session, subscription.filter);
    }
    session.purge();
  }

  #add(session: Session): void {
    const { key, identity } = session.stored;
    this.#sessions.set(key, session);
    const siblings = this.#byIdentity.get(identity.urn) ?? new Set();
    this.#byIdentity.set(identity.urn, siblings.add(session));
  }

  #remove(session: Session, nowMs: number): void {
    const { key, identity } = session.stored;
    this.#options.router.unsubscribeAll(session);
    this.#options.router.redistribute(session, nowMs, true);
    session.close();
    this.#options.store.sessions.delete(key);
    this.#sessions.delete(key);
    this.#waiting.delete(session);
    const siblings = this.#byIdentity.get(identity.urn);
    siblings?.delete(session);
    if (siblings?.size === 0) this.#byIdentity.delete(identity.urn);
  }
}

function isOver(session: Session, nowMs: number): boolean {
  const { expiresAtMs } = session.stored;
  return expiresAtMs !== undefined && expiresAtMs <= nowMs;
}
