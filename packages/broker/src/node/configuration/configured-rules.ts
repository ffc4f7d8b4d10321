import { defaultRules } from '../../access/default-rules.ts';
import type { AccessRule } from '../../access/rules.ts';
import type { Configuration } from './schema.ts';

/** The rules of a configuration, one for each topic pattern; those of the product when it has none. */
export function configuredRules({ rule }: Configuration): readonly AccessRule[] {
  if (rule === undefined) return defaultRules;
  return rule.flatMap(({ topics, ...rest }) => topics.map((topic) => ({ ...rest, topic })));
}
