import { parseTopicFilter, parseTopicName, sharedFilter } from '@keystile/mqtt';
import type { Identity } from '../admission/identity.ts';
import { type AccessRule, type Action, type Decision, Permissions } from './rules.ts';

export interface Question {
  readonly identity: Identity;
  readonly action: Action;
  /** A topic to publish to, or a filter to subscribe to. */
  readonly topic: string;
}

/** The decision that the broker itself would make, by the same function; undefined when the topic is not one. */
export function explainDecision(
  rules: readonly AccessRule[],
  { identity, action, topic }: Question,
): Decision | undefined {
  const permissions = new Permissions(rules, identity);
  if (action === 'publish') {
    const name = parseTopicName(topic);
    return name === undefined ? undefined : permissions.mayPublish(name);
  }
  const filter = parseTopicFilter(topic);
  return filter === undefined ? undefined : permissions.maySubscribe(sharedFilter(filter)?.filter ?? filter);
}
