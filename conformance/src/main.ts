/** The `conformance` program. */
import { runConformance } from './program.ts';

const { argv, env, stdout, stderr } = process;
process.exitCode = await runConformance({ args: argv.slice(2), environment: env, stdout, stderr });
