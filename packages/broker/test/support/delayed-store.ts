import { MemoryStore } from '../../src/store/memory-store.ts';

/** A memory store that is as slow to be durable as a test wants. */
export class DelayedStore extends MemoryStore {
  #waiting: (() => void)[] = [];

  override whenDurable(callback: () => void): void {
    this.#waiting.push(callback);
  }

  /** Everything written so far is durable. */
  complete(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const callback of waiting) callback();
  }
}
