/** Puts the verbs together and turns whatever ends them into an exit code. It reads no global but what it is given. */
import { KeystileError } from '@keystile/errors';
import { Command, CommanderError } from 'commander';
import { chosenHome, homePaths } from './home/paths.ts';
import { exitCodeOf, exitCodes } from './terminal/exit-codes.ts';
import { errorDocument, printError, terminalOutput } from './terminal/output.ts';
import type { AddVerb, VerbContext } from './verbs/context.ts';

export interface Surroundings {
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** One version for all packages; a test compares it with theirs. */
const VERSION = '0.1.0';

/** In the order of `--help`. A verb is loaded when it is called: most need neither the authority nor the broker. */
const VERBS: Readonly<Record<string, () => Promise<AddVerb>>> = {
  up: async () => (await import('./verbs/up.ts')).addUp,
  status: async () => (await import('./verbs/status.ts')).addStatus,
  pub: async () => (await import('./verbs/pub.ts')).addPub,
  sub: async () => (await import('./verbs/sub.ts')).addSub,
  boot: async () => (await import('./verbs/boot.ts')).addBoot,
  chip: async () => (await import('./verbs/chip.ts')).addChip,
  broker: async () => (await import('./verbs/broker.ts')).addBroker,
  rules: async () => (await import('./verbs/rules.ts')).addRules,
  console: async () => (await import('./verbs/console.ts')).addConsole,
  explain: async () => (await import('./verbs/explain.ts')).addExplain,
  reset: async () => (await import('./verbs/reset.ts')).addReset,
};

/** Runs one command line; resolves with the exit code and never rejects. */
export async function runProgram(surroundings: Surroundings): Promise<number> {
  const run: Run = { surroundings, failureCode: undefined };
  try {
    const program = await buildProgram(run);
    await program.parseAsync([...surroundings.args], { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok;
    return report(asUsageError(error), run);
  }
}

/** One run of the program. */
interface Run {
  readonly surroundings: Surroundings;
  /** What a verb wants every failure to end with, whatever its cause. */
  failureCode: number | undefined;
}

async function buildProgram(run: Run): Promise<Command> {
  const { surroundings } = run;
  const program = new Command('keystile')
    .description('MQTT devices secured in hardware: run and operate all of it')
    .version(VERSION, '--version', 'print the version')
    .option('--home <folder>', 'where the state lives (default: KEYSTILE_HOME, else ~/.keystile)')
    .option('--json', 'data and errors as JSON on stdout')
    .option('--quiet', 'say nothing on stderr but errors')
    .showHelpAfterError(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void surroundings.stdout.write(text),
      writeErr: (text) => void surroundings.stderr.write(text),
      // A usage error is printed once, by its code, where every other error is.
      outputError: () => undefined,
    });
  for (const load of calledVerbs(surroundings.args)) (await load())(program, () => contextOf(program, run));
  return program;
}

/** The one verb that the command line names; all of them when it names none, for the help and for the error. */
function calledVerbs(args: readonly string[]): readonly (() => Promise<AddVerb>)[] {
  const named = args.find((arg, at) => !arg.startsWith('-') && args[at - 1] !== '--home');
  const load = named !== undefined && Object.hasOwn(VERBS, named) ? VERBS[named] : undefined;
  return load === undefined ? Object.values(VERBS) : [load];
}

function contextOf(program: Command, run: Run): VerbContext {
  const { environment, stdin, stdout, stderr } = run.surroundings;
  const options = program.opts<{ home?: string; json?: boolean; quiet?: boolean }>();
  const noColor = (environment.NO_COLOR ?? '') !== '';
  return {
    output: terminalOutput({ stdout, stderr, quiet: options.quiet === true, noColor }),
    stdin,
    stderr,
    environment,
    json: options.json === true,
    failWith: (exitCode) => {
      run.failureCode = exitCode;
    },
    paths: () => homePaths(chosenHome(options.home, environment)),
  };
}

function asUsageError(error: unknown): unknown {
  if (!(error instanceof CommanderError)) return error;
  if (error.code === 'commander.help') return new KeystileError('KS-U100', 'a verb is missing');
  return new KeystileError('KS-U100', error.message.replace(/^error: /, ''));
}

function report(error: unknown, { surroundings, failureCode }: Run): number {
  const { args, stdout, stderr } = surroundings;
  // The command line may not have parsed, so the flag is looked for by hand.
  if (args.includes('--json')) stdout.write(`${JSON.stringify(errorDocument(error))}\n`);
  else printError(stderr, error);
  return failureCode ?? exitCodeOf(error);
}
