import type { TopicName } from '@keystile/mqtt';

/** Aliases that the client uses (§3.3.2.3.4). They live and die with the connection, and queues hold full topics. */
export class InboundAliases {
  readonly #topics = new Map<number, TopicName>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** The topic that is meant; undefined when the alias is beyond the maximum or was never set. */
  resolve(topic: TopicName | undefined, alias: number): TopicName | 'out-of-range' | 'unknown' {
    if (alias > this.#max) return 'out-of-range';
    if (topic === undefined) return this.#topics.get(alias) ?? 'unknown';
    this.#topics.set(alias, topic);
    return topic;
  }
}

/** Aliases that we use towards the client: first come, first served, up to what both sides allow. */
export class OutboundAliases {
  readonly #aliases = new Map<TopicName, number>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** `isNew` asks for the topic to be sent along with its alias. */
  assign(topic: TopicName): { readonly alias: number; readonly isNew: boolean } | undefined {
    const known = this.#aliases.get(topic);
    if (known !== undefined) return { alias: known, isNew: false };
    if (this.#aliases.size >= this.#max) return undefined;
    const alias = this.#aliases.size + 1;
    this.#aliases.set(topic, alias);
    return { alias, isNew: true };
  }

  /** Takes back an alias whose introducing packet was not sent after all. */
  forget(topic: TopicName): void {
    this.#aliases.delete(topic);
  }
}
