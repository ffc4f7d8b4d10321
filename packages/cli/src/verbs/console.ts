/** `keystile console link`: a new one-time link to sign in to the page, from the running authority. */
import { KeystileError } from '@keystile/errors';
import { requireInstance } from '../home/instance.ts';
import { askSocket } from '../processes/ask-socket.ts';
import type { AddVerb, VerbContext } from './context.ts';

export const addConsole: AddVerb = (program, context) => {
  const group = program.command('console').description('the page');
  group
    .command('link')
    .description('make a new one-time link to sign in: valid for ten minutes, for one use')
    .action(() => consoleLink(context()));
};

async function consoleLink({ output, json, paths: pathsOf }: VerbContext): Promise<void> {
  const paths = pathsOf();
  await requireInstance(paths);
  const answer = await askSocket(paths.authoritySocket, { op: 'link' });
  if (answer.ok !== true || typeof answer.link !== 'string') {
    throw new KeystileError('KS-U116', `the authority answered ${JSON.stringify(answer)}`);
  }
  if (json) output.json(answer);
  else output.data(answer.link);
}
