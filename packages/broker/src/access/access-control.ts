import { sharedFilter, type TopicName } from '@keystile/mqtt';
import type { Identity } from '../admission/identity.ts';
import type { Revocations } from '../admission/revocations.ts';
import type { Subscription } from '../store/store.ts';
import { type AccessRule, Permissions } from './rules.ts';

/**
 * Holds the current rules and the permissions compiled from them; a change of rules, and a revocation, takes effect on the
 * next question.
 */
export class AccessControl {
  #rules: readonly AccessRule[];
  /** Keyed by the identity object, which lives as long as its session or message does. */
  #permissions = new WeakMap<Identity, Permissions>();
  readonly #revocations: Revocations;

  constructor(rules: readonly AccessRule[], revocations: Revocations) {
    this.#rules = rules;
    this.#revocations = revocations;
  }

  replaceRules(rules: readonly AccessRule[]): void {
    this.#rules = rules;
    this.#permissions = new WeakMap();
  }

  permissionsOf(identity: Identity): Permissions {
    let permissions = this.#permissions.get(identity);
    if (permissions === undefined) {
      permissions = new Permissions(this.#rules, identity);
      this.#permissions.set(identity, permissions);
    }
    return permissions;
  }

  /** Whether a message that its author left behind, retained or as a will, may still be given out in its name. */
  mayStillPublish(author: Identity, topic: TopicName): boolean {
    if (this.#revocations.covers({ identity: author, serial: undefined })) return false;
    return this.permissionsOf(author).mayPublish(topic).allowed;
  }

  /** Shared filters are judged by the filter inside. */
  maySubscribe(identity: Identity, { filter }: Pick<Subscription, 'filter'>): boolean {
    return this.permissionsOf(identity).maySubscribe(sharedFilter(filter)?.filter ?? filter).allowed;
  }
}
