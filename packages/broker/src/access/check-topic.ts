import type { TopicFilter, TopicName } from '@keystile/mqtt';
import type { Limits } from '../limits.ts';
import { type Refusal, refuse } from '../refusal.ts';

/** The configured depth of topics and filters, asked before anything is stored or walked. */
export function checkTopic(topic: TopicName | TopicFilter, limits: Limits): Refusal | undefined {
  let levels = 1;
  for (let at = topic.indexOf('/'); at >= 0; at = topic.indexOf('/', at + 1)) levels += 1;
  if (levels <= limits.topicLevelsMax) return undefined;
  return refuse('KS-B303', `the topic has ${levels} levels, ${limits.topicLevelsMax} are the most`);
}
