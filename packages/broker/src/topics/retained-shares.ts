import type { Identity } from '../admission/identity.ts';
import type { Message } from '../message.ts';
import type { RetainedStore } from '../store/store.ts';

/** How many retained messages each author has. */
export class RetainedShares {
  readonly #counts = new Map<string, number>();

  /** Counts what the store holds from an earlier run. */
  constructor(retained: RetainedStore) {
    for (const message of retained.all()) if (message !== undefined) this.take(message);
  }

  of(author: Identity): number {
    return this.#counts.get(author.urn) ?? 0;
  }

  take({ author }: Message): void {
    this.#counts.set(author.urn, this.of(author) + 1);
  }

  give({ author }: Message): void {
    const left = this.of(author) - 1;
    if (left > 0) this.#counts.set(author.urn, left);
    else this.#counts.delete(author.urn);
  }
}
