import type { PacketId, TopicFilter } from '@keystile/mqtt';
import type { Identity } from '../admission/identity.ts';
import { messageSize } from '../message.ts';
import type { SessionKey } from '../session/session-key.ts';
import { MemoryQueue } from './memory-queue.ts';
import type { Held, InFlight, PendingWill, SessionStart, StoredSession, Subscription } from './store.ts';

/** Session state in maps; a `Map` keeps the place of a key whose value is replaced, which the order of sending needs. */
export class MemorySession implements StoredSession {
  readonly key: SessionKey;
  readonly identity: Identity;
  readonly clientId: string;
  readonly queue: MemoryQueue = new MemoryQueue();
  readonly inFlight: ById<InFlight> = new ById();
  readonly held: MemoryHeld = new MemoryHeld();
  readonly #subscriptions = new Map<TopicFilter, Subscription>();
  #expiresAtMs: number | undefined;
  #keepMs = 0;
  #pendingWill: PendingWill | undefined;

  constructor(start: SessionStart) {
    this.key = start.key;
    this.identity = start.identity;
    this.clientId = start.clientId;
  }

  get expiresAtMs(): number | undefined {
    return this.#expiresAtMs;
  }

  get keepMs(): number {
    return this.#keepMs;
  }

  get pendingWill(): PendingWill | undefined {
    return this.#pendingWill;
  }

  get subscriptions(): ReadonlyMap<TopicFilter, Subscription> {
    return this.#subscriptions;
  }

  setExpiry(expiresAtMs: number | undefined): void {
    this.#expiresAtMs = expiresAtMs;
  }

  setKeep(keepMs: number): void {
    this.#keepMs = keepMs;
  }

  setPendingWill(will: PendingWill | undefined): void {
    this.#pendingWill = will;
  }

  setSubscription(subscription: Subscription): void {
    this.#subscriptions.set(subscription.filter, subscription);
  }

  deleteSubscription(filter: TopicFilter): boolean {
    return this.#subscriptions.delete(filter);
  }
}

class ById<Entry extends { readonly packetId: PacketId }> {
  readonly #entries = new Map<PacketId, Entry>();

  get count(): number {
    return this.#entries.size;
  }

  find(packetId: PacketId): Entry | undefined {
    return this.#entries.get(packetId);
  }

  set(entry: Entry): void {
    this.#entries.set(entry.packetId, entry);
  }

  delete(packetId: PacketId): void {
    this.#entries.delete(packetId);
  }

  all(): Iterable<Entry> {
    return this.#entries.values();
  }
}

class MemoryHeld extends ById<Held> {
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  override set(held: Held): void {
    this.delete(held.packetId);
    this.#bytes += messageSize(held.message);
    super.set(held);
  }

  override delete(packetId: PacketId): void {
    const before = this.find(packetId);
    if (before !== undefined) this.#bytes -= messageSize(before.message);
    super.delete(packetId);
  }
}
