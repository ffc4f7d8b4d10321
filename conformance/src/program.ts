import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { KeystileError } from '@keystile/errors';
import type { Suite } from './suite.ts';
import { documentOf, failureLine, summaryOf, tallyOf } from './tally.ts';

/**
 * `npm run conformance -- NAME [--json]`: runs one suite, or says which there are. Knows nothing of what a suite does.
 */
export interface Program {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: Output;
}

export interface Output {
  write(text: string): unknown;
}

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const SEED_DEFAULT = 1;
/** Beside the project's folder: test data from elsewhere is no part of it. */
const VECTORS_DEFAULT = resolve(import.meta.dirname, '../../../shared/vectors');

/** Resolves to the exit code: 0, 1 when a case failed or none ran, 2 for wrong usage. A suite that breaks rejects. */
export async function runConformance(program: Program): Promise<number> {
  const command = await readCommand(program.args);
  if (command instanceof KeystileError) {
    program.stderr.write(`${command.message}\n  See npm run conformance -- --help.\n`);
    return EXIT_USAGE;
  }
  if (command.kind === 'help') {
    program.stdout.write(await helpText());
    return 0;
  }
  return await runSuite(program, command);
}

/** What is asked for, or the misuse. */
async function readCommand(args: readonly string[]): Promise<RunRequest | { readonly kind: 'help' } | KeystileError> {
  try {
    const command = readArguments(args);
    return command.kind === 'help' ? command : { ...command, suite: await loadSuite(command.name) };
  } catch (error) {
    if (error instanceof KeystileError) return error;
    throw error;
  }
}

interface RunRequest extends RunArguments {
  readonly suite: Suite;
}

interface RunArguments {
  readonly kind: 'run';
  readonly name: string;
  readonly json: boolean;
  readonly seed: number;
  readonly stride: number;
  readonly only?: number;
  readonly runner?: string;
}

async function runSuite(program: Program, request: RunRequest): Promise<number> {
  const { name, suite, json, seed, stride, only, runner } = request;
  const vectors = resolve(program.environment.KEYSTILE_VECTORS ?? VECTORS_DEFAULT);
  const choices = { ...(only === undefined ? {} : { only }), ...(runner === undefined ? {} : { runner }) };
  const tally = await tallyOf(suite.run({ vectors, seed, stride, ...choices }));
  const { total, failed } = documentOf(tally);
  if (json) {
    program.stdout.write(`${JSON.stringify(documentOf(tally))}\n`);
    program.stderr.write(tally.failures.map((failure) => `${failureLine(failure)}\n`).join(''));
  } else {
    program.stdout.write(summaryOf(name, tally));
  }
  if (failed > 0) program.stderr.write(`the cases were generated with --seed ${seed}\n`);
  return failed > 0 || total === 0 ? EXIT_FAILED : 0;
}

function readArguments(args: readonly string[]): RunArguments | { readonly kind: 'help' } {
  const { values, positionals } = parse(args);
  if (values.help === true) return { kind: 'help' };
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) {
    throw new KeystileError('KS-U100', `one suite is named at a time; there are ${suiteNames().join(', ')}`);
  }
  return {
    kind: 'run',
    name,
    json: values.json === true,
    seed: wholeNumber('--seed', values.seed ?? String(SEED_DEFAULT)),
    stride: wholeNumber('--stride', values.stride ?? '1'),
    ...(values.case === undefined ? {} : { only: wholeNumber('--case', values.case) }),
    ...(values.runner === undefined ? {} : { runner: resolve(values.runner) }),
  };
}

function parse(args: readonly string[]): {
  values: { help?: boolean; json?: boolean; seed?: string; stride?: string; case?: string; runner?: string };
  positionals: string[];
} {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        json: { type: 'boolean' },
        seed: { type: 'string' },
        stride: { type: 'string' },
        case: { type: 'string' },
        runner: { type: 'string' },
      },
    });
  } catch (cause) {
    throw new KeystileError('KS-U100', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function wholeNumber(option: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new KeystileError('KS-U100', `${option} takes a whole number from 1`);
  return Number(text);
}

/** The file names of `suites/`, without their ending. */
export function suiteNames(): readonly string[] {
  return readdirSync(new URL('suites/', import.meta.url))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
    .sort();
}

/** Throws `KS-U100` for a name that no file of `suites/` has. */
export async function loadSuite(name: string): Promise<Suite> {
  if (!suiteNames().includes(name)) {
    throw new KeystileError('KS-U100', `there is no suite "${name}"; there are ${suiteNames().join(', ')}`);
  }
  const module = (await import(new URL(`suites/${name}.ts`, import.meta.url).href)) as { readonly suite: Suite };
  return module.suite;
}

async function helpText(): Promise<string> {
  const names = suiteNames();
  const suites = await Promise.all(names.map(loadSuite));
  const width = Math.max(...names.map((name) => name.length));
  return [
    'npm run conformance -- NAME [--json] [--seed N] [--stride N] [--case N] [--runner PATH]',
    '',
    ...names.map((name, i) => `  ${name.padEnd(width)}  ${suites[i]?.title ?? ''}`),
    '',
    '  --json      one document {total, passed, failed, skipped: [{case, reason}]}; failures go to standard error',
    '  --seed N    for generated cases, 1 by default',
    '  --stride N  every N-th case only',
    '  --case N    the one generated case of that number, in the suite hostile-server',
    '  --runner PATH  the foreign test runner of the suite bogo',
    '',
    'Foreign test data is read from the folder that KEYSTILE_VECTORS names. Exit code 1: a case failed, or none ran.',
    '',
  ].join('\n');
}
