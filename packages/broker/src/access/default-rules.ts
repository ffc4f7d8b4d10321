import type { Role } from '../admission/identity.ts';
import type { AccessRule, Action } from './rules.ts';

function allow(roles: readonly Role[], action: Action, topics: readonly string[]): AccessRule[] {
  return topics.map((topic) => ({ roles, action, topic, effect: 'allow' }));
}

/**
 * The rules of the product. A device speaks for itself only; operators and applications watch every air conditioner
 * and set it; the authority (a service) answers devices and is the only one who can address `$keystile`.
 */
export const defaultRules: readonly AccessRule[] = [
  ...allow(['device'], 'publish', ['ac/%i/#', '$keystile/%i/time/request', '$keystile/%i/evidence']),
  ...allow(['device'], 'subscribe', ['ac/%i/set/#', '$keystile/%i/command', '$keystile/%i/time']),
  ...allow(['operator', 'application'], 'publish', ['ac/+/set/#']),
  ...allow(['operator', 'application'], 'subscribe', ['ac/#']),
  ...allow(['operator'], 'subscribe', ['$SYS/broker/#']),
  ...allow(['service'], 'publish', ['$keystile/+/time', '$keystile/+/command']),
  ...allow(['service'], 'subscribe', ['$keystile/+/time/request', '$keystile/+/evidence', 'ac/#']),
];
