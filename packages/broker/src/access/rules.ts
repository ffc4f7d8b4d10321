import type { TopicFilter, TopicName } from '@keystile/mqtt';
import { parseTopicFilter } from '@keystile/mqtt';
import type { Identity, Role } from '../admission/identity.ts';
import { matchesLevels, subsumesLevels } from '../topics/match.ts';

/**
 * Access rules: deny by default, and a deny beats every allow. A pattern is a topic filter in which a level `%i` stands
 * for the id of the identity and `%f` for its fleet. Substitution replaces whole levels after the pattern was split, so
 * that no id can add a level or a wildcard; an id holds neither to begin with.
 */
export interface AccessRule {
  readonly roles: readonly Role[];
  readonly action: 'publish' | 'subscribe';
  readonly topic: string;
  readonly effect: 'allow' | 'deny';
  /** On a deny rule for `subscribe`: the client learns that it failed (0x80), and not that it is not allowed to (0x87). */
  readonly silent?: boolean;
}

export type Action = AccessRule['action'];

/** A decision and the rule that made it; without one, nothing allowed it. Any doubt is a no. */
export interface Decision {
  readonly allowed: boolean;
  readonly rule: AccessRule | undefined;
}

const substitutions = { '%i': 'id', '%f': 'fleet' } as const;

/** Undefined when the pattern is a filter with known substitutions only; otherwise what is wrong with it. */
export function patternFlaw(pattern: string): string | undefined {
  if (parseTopicFilter(pattern) === undefined) return 'is not a topic filter';
  if (pattern.startsWith('$share/')) return 'names a shared subscription; rules are about the topics inside it';
  const wrong = pattern.split('/').find((level) => level.includes('%') && !Object.hasOwn(substitutions, level));
  return wrong === undefined ? undefined : `has the level '${wrong}'; %i and %f stand alone in a level`;
}

interface CompiledRule {
  readonly rule: AccessRule;
  readonly levels: readonly string[];
}

/** The rules as they concern one identity. Made once for each connection, asked on every path. */
export class Permissions {
  readonly #allow: Record<Action, CompiledRule[]> = { publish: [], subscribe: [] };
  readonly #deny: Record<Action, CompiledRule[]> = { publish: [], subscribe: [] };

  constructor(rules: readonly AccessRule[], identity: Identity) {
    // No parsed identity holds a wildcard or a slash. Should one come from elsewhere, it is allowed nothing.
    if (/[+#/]/.test(identity.id + identity.fleet)) return;
    for (const rule of rules) {
      if (!rule.roles.includes(identity.role)) continue;
      const list = rule.effect === 'allow' ? this.#allow : this.#deny;
      list[rule.action].push({ rule, levels: substitute(rule.topic, identity) });
    }
  }

  /** Publish, will and the author's right to a retained message. */
  mayPublish(topic: TopicName): Decision {
    return this.#decideTopic('publish', topic);
  }

  /** A concrete topic on its way to a subscriber: live, queued, retained or shared. */
  mayReceive(topic: TopicName): Decision {
    return this.#decideTopic('subscribe', topic);
  }

  /** Whether `mayReceive` can refuse what a permitted subscription matches: only deny rules can. */
  get receivesAllItSubscribes(): boolean {
    return this.#deny.subscribe.length === 0;
  }

  /** A filter is allowed when one allow pattern covers all that it can match, and no deny pattern does. */
  maySubscribe(filter: TopicFilter): Decision {
    const levels = filter.split('/');
    const denied = this.#deny.subscribe.find((each) => subsumesLevels(each.levels, levels));
    if (denied !== undefined) return { allowed: false, rule: denied.rule };
    const allowed = this.#allow.subscribe.find((each) => subsumesLevels(each.levels, levels));
    return { allowed: allowed !== undefined, rule: allowed?.rule };
  }

  #decideTopic(action: Action, topic: TopicName): Decision {
    const levels = topic.split('/');
    const denied = this.#deny[action].find((each) => matchesLevels(each.levels, levels));
    if (denied !== undefined) return { allowed: false, rule: denied.rule };
    const allowed = this.#allow[action].find((each) => matchesLevels(each.levels, levels));
    return { allowed: allowed !== undefined, rule: allowed?.rule };
  }
}

function substitute(pattern: string, identity: Identity): readonly string[] {
  return pattern.split('/').map((level) => (level === '%i' ? identity.id : level === '%f' ? identity.fleet : level));
}
