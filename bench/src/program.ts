import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { KeystileError } from '@keystile/errors';
import type { Bench } from './bench.ts';
import { type Row, rowOf } from './comparison.ts';
import { machineLines } from './machine.ts';
import { tableOf } from './table.ts';

/**
 * `npm run bench -- NAME [--json] [--rounds N] [--only TEXT]`: runs one bench, or says which there are. Knows nothing of what a bench
 * measures.
 */
export interface Program {
  readonly args: readonly string[];
  readonly stdout: Output;
  readonly stderr: Output;
  /** Multiplies the counts of the workloads; 1 when absent. */
  readonly scale?: number;
}

export interface Output {
  write(text: string): unknown;
}

const EXIT_USAGE = 2;
const ROUNDS_DEFAULT = 7;

/** Resolves to the exit code: 0 when all was measured, whatever it said; 2 for wrong usage. A bench that breaks rejects. */
export async function runBench(program: Program): Promise<number> {
  const command = await readCommand(program.args);
  if (command instanceof KeystileError) {
    program.stderr.write(`${command.message}\n  See npm run bench -- --help.\n`);
    return EXIT_USAGE;
  }
  if (command.kind === 'help') {
    program.stdout.write(await helpText());
    return 0;
  }
  const rows: Row[] = [];
  const { bench, rounds, only } = command;
  const options = { rounds, scale: program.scale ?? 1, ...(only === undefined ? {} : { only }) };
  for await (const comparison of bench.run(options)) {
    const row = rowOf(comparison);
    rows.push(row);
    program.stderr.write(`${row.workload}: ${row.ratio.toFixed(2)}\n`);
  }
  if (command.json) program.stdout.write(`${JSON.stringify({ rows })}\n`);
  else program.stdout.write(reportOf(command, rows));
  return 0;
}

function reportOf({ name, bench, rounds }: RunRequest, rows: readonly Row[]): string {
  const heading = [`${name}: ${bench.title}`, ...machineLines(new Date()), `medians of ${rounds} alternating rounds`];
  return `${heading.join('\n')}\n\n${tableOf(rows)}`;
}

interface RunRequest extends RunArguments {
  readonly bench: Bench;
}

interface RunArguments {
  readonly kind: 'run';
  readonly name: string;
  readonly json: boolean;
  readonly rounds: number;
  readonly only?: string;
}

/** What is asked for, or the misuse. */
async function readCommand(args: readonly string[]): Promise<RunRequest | { readonly kind: 'help' } | KeystileError> {
  try {
    const command = readArguments(args);
    return command.kind === 'help' ? command : { ...command, bench: await loadBench(command.name) };
  } catch (error) {
    if (error instanceof KeystileError) return error;
    throw error;
  }
}

function readArguments(args: readonly string[]): RunArguments | { readonly kind: 'help' } {
  const { values, positionals } = parse(args);
  if (values.help === true) return { kind: 'help' };
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) {
    throw new KeystileError('KS-U100', `one bench is named at a time; there are ${benchNames().join(', ')}`);
  }
  const rounds = values.rounds ?? String(ROUNDS_DEFAULT);
  if (!/^[1-9]\d{0,3}$/.test(rounds)) throw new KeystileError('KS-U100', '--rounds takes a whole number from 1');
  const only = values.only === undefined ? {} : { only: values.only };
  return { kind: 'run', name, json: values.json === true, rounds: Number(rounds), ...only };
}

function parse(args: readonly string[]): {
  values: { help?: boolean; json?: boolean; rounds?: string; only?: string };
  positionals: string[];
} {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        json: { type: 'boolean' },
        rounds: { type: 'string' },
        only: { type: 'string' },
      },
    });
  } catch (cause) {
    throw new KeystileError('KS-U100', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** The file names of `benches/`, without their ending. */
export function benchNames(): readonly string[] {
  return readdirSync(new URL('benches/', import.meta.url))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
    .sort();
}

/** Throws `KS-U100` for a name that no file of `benches/` has. */
export async function loadBench(name: string): Promise<Bench> {
  if (!benchNames().includes(name)) {
    throw new KeystileError('KS-U100', `there is no bench "${name}"; there are ${benchNames().join(', ')}`);
  }
  const module = (await import(new URL(`benches/${name}.ts`, import.meta.url).href)) as { readonly bench: Bench };
  return module.bench;
}

async function helpText(): Promise<string> {
  const names = benchNames();
  const benches = await Promise.all(names.map(loadBench));
  const width = Math.max(...names.map((name) => name.length));
  return [
    'npm run bench -- NAME [--json] [--rounds N] [--only TEXT]',
    '',
    ...names.map((name, i) => `  ${name.padEnd(width)}  ${benches[i]?.title ?? ''}`),
    '',
    '  --json      one document {rows: [{workload, ours, peer, ratio, target, met}]}; ratio is ours ÷ peer',
    `  --rounds N  how often each side is measured, ${ROUNDS_DEFAULT} by default; the medians count`,
    '  --only TEXT  only the workloads whose name contains it',
    '',
    'KEYSTILE_BENCH_PROFILE=FOLDER leaves a CPU profile of every process there.',
    '',
  ].join('\n');
}
