/** `keystile explain CODE`: the entry of the error catalogue; `--all` lists every entry. It needs no home. */
import { catalogue, isErrorCode, KeystileError } from '@keystile/errors';
import type { AddVerb, VerbContext } from './context.ts';

export const addExplain: AddVerb = (program, context) => {
  program
    .command('explain')
    .description('say what an error code means and what to do about it')
    .argument('[code]', 'for example KS-T105')
    .option('--all', 'every code there is')
    .action((code: string | undefined, options: { all?: boolean }) =>
      explain({ code, all: options.all === true }, context()),
    );
};

function explain({ code, all }: { code: string | undefined; all: boolean }, { output, json }: VerbContext): void {
  if (all) {
    const entries = Object.entries(catalogue).map(([each, entry]) => ({ code: each, ...entry }));
    if (json) output.json(entries);
    else for (const entry of entries) output.data(`${entry.code}  ${entry.title}`);
    return;
  }
  if (code === undefined) throw new KeystileError('KS-U100', 'explain needs a code, or --all');
  const known = code.trim().toUpperCase();
  if (!isErrorCode(known)) throw new KeystileError('KS-U101', `${code} is not in the catalogue`);
  const entry = catalogue[known];
  if (json) {
    output.json({ code: known, ...entry });
    return;
  }
  output.data(`${known}  ${entry.title}`);
  output.data(`  Cause  ${entry.cause}`);
  output.data(`  Fix    ${entry.fix}`);
  output.data(`  Fault  ${entry.fault}`);
}
