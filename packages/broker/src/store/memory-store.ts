import type { TopicFilter, TopicName } from '@keystile/mqtt';
import { type Message, messageSize } from '../message.ts';
import type { SessionKey } from '../session/session-key.ts';
import { TopicTree } from '../topics/topic-tree.ts';
import { MemorySession } from './memory-session.ts';
import type { RetainedStore, SessionStart, SessionStore, Store, StoredSession } from './store.ts';

/** Keeps everything in memory: nothing survives the process, and so nothing is ever waited for. */
export class MemoryStore implements Store {
  readonly sessions: SessionStore = new MemorySessions();
  readonly retained: RetainedStore = new MemoryRetained();

  whenDurable(callback: () => void): void {
    callback();
  }
}

class MemorySessions implements SessionStore {
  readonly #sessions = new Map<SessionKey, StoredSession>();

  find(key: SessionKey): StoredSession | undefined {
    return this.#sessions.get(key);
  }

  create(start: SessionStart): StoredSession {
    const session = new MemorySession(start);
    this.#sessions.set(start.key, session);
    return session;
  }

  delete(key: SessionKey): void {
    this.#sessions.delete(key);
  }

  all(): Iterable<StoredSession> {
    return this.#sessions.values();
  }
}

class MemoryRetained implements RetainedStore {
  readonly #tree = new TopicTree<Message>();
  #bytes = 0;

  get count(): number {
    return this.#tree.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  find(topic: TopicName): Message | undefined {
    return this.#tree.find(topic);
  }

  set(message: Message): void {
    this.delete(message.topic);
    this.#bytes += messageSize(message);
    this.#tree.set(message.topic, message);
  }

  delete(topic: TopicName): void {
    const before = this.#tree.find(topic);
    if (before === undefined) return;
    this.#bytes -= messageSize(before);
    this.#tree.delete(topic);
  }

  match(filter: TopicFilter): Iterable<Message | undefined> {
    return this.#tree.match(filter);
  }

  all(): Iterable<Message | undefined> {
    return this.#tree.all();
  }
}
