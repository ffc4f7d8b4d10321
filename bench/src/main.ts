/** The `bench` program. */
import { runBench } from './program.ts';

const { argv, stdout, stderr } = process;
process.exitCode = await runBench({ args: argv.slice(2), stdout, stderr });
