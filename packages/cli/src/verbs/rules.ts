/** `keystile rules explain IDENTITY ACTION TOPIC`: the decision that the broker would make, and the rule that makes it. */
import { join } from 'node:path';
import { type AccessRule, type Action, explainDecision, parseIdentity } from '@keystile/broker';
import { configuredRules, readConfiguration } from '@keystile/broker/node';
import { KeystileError } from '@keystile/errors';
import { Argument } from 'commander';
import type { AddVerb, VerbContext } from './context.ts';

export const addRules: AddVerb = (program, context) => {
  const group = program.command('rules').description('who may publish and subscribe to what');
  group
    .command('explain')
    .description('say what the broker would decide, and by which rule')
    .argument('<identity>', 'urn:keystile:<fleet>:<role>:<id>')
    .addArgument(new Argument('<action>').choices(['publish', 'subscribe']))
    .argument('<topic>', 'a topic to publish to, or a filter to subscribe to')
    .option('--config <file>', "the broker's configuration (default: the home's)")
    .action((identity: string, action: Action, topic: string, flags: { config?: string }) =>
      explain({ identity, action, topic }, flags.config, context()),
    );
};

function explain(
  question: { readonly identity: string; readonly action: Action; readonly topic: string },
  config: string | undefined,
  { output, json, paths }: VerbContext,
): void {
  const { action, topic } = question;
  const identity = parseIdentity(question.identity);
  if (identity === undefined) throw new KeystileError('KS-U127', `'${question.identity}' is not an identity`);
  const { configuration } = readConfiguration(config ?? join(paths().broker, 'broker.toml'));
  const decision = explainDecision(configuredRules(configuration), { identity, action, topic });
  if (decision === undefined) throw new KeystileError('KS-U127', `'${topic}' is not a topic to ${action} to`);
  const { allowed, rule } = decision;
  if (json) output.json({ identity: identity.urn, action, topic, allowed, rule: rule ?? null });
  else output.data(`${allowed ? 'allowed' : 'denied'}: ${rule === undefined ? 'no rule allows it' : sentenceOf(rule)}`);
}

function sentenceOf({ roles, action, effect, topic }: AccessRule): string {
  return `${effect} ${roles.join(', ')} to ${action}${action === 'subscribe' ? ' to' : ''} ${topic}`;
}
