/** What every verb gets from `main`: the home, the output and the surroundings. Nothing in a verb reads a global. */
import type { Command } from 'commander';
import type { HomePaths } from '../home/paths.ts';
import type { Output } from '../terminal/output.ts';

export interface VerbContext {
  readonly output: Output;
  readonly stdin: NodeJS.ReadStream;
  readonly stderr: NodeJS.WritableStream;
  readonly environment: NodeJS.ProcessEnv;
  /** `--home` of the command line, else the environment, else the default. */
  paths(): HomePaths;
  /** From now on every error of this run ends with this exit code. */
  failWith(exitCode: number): void;
  /** Global `--json`. */
  readonly json: boolean;
}

/** Adds one verb to the program. The context is asked for when the verb runs, after the command line was parsed. */
export type AddVerb = (program: Command, context: () => VerbContext) => void;
