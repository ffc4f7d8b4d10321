import type { Identity } from '../admission/identity.ts';
import { type AccessRule, Permissions } from './rules.ts';

/** Holds the current rules and the permissions compiled from them; a change of rules takes effect on the next question. */
export class AccessControl {
  #rules: readonly AccessRule[];
  /** Keyed by the identity object, which lives as long as its session or message does. */
  #permissions = new WeakMap<Identity, Permissions>();

  constructor(rules: readonly AccessRule[]) {
    this.#rules = rules;
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
}
