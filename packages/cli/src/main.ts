/** The `keystile` program. */
import { runProgram } from './program.ts';

// A stray SIGUSR1 must not open Node's inspector on a program that holds keys.
process.on('SIGUSR1', () => undefined);
// A reader that went away (`keystile sub … | head -1`) ends the program quietly.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await runProgram({
  args: process.argv.slice(2),
  environment: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
});
