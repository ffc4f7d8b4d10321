/** The exit codes of every verb; the README's table is checked against this one. */
import { KeystileError } from '@keystile/errors';

export const exitCodes = {
  /** The command did what it was asked to do. */
  ok: 0,
  /** It was tried and failed, or somebody refused it: the part, the broker, the authority. Also every `up --once` that did not succeed. */
  failed: 1,
  /** The command line is wrong, or a question was not answered with yes. */
  usage: 2,
  /** Something around the command is in the way: home, permissions, port, another instance, nothing running, no network. */
  environment: 3,
  /** The time given with -W passed (the number that Mosquitto's clients use). */
  timeout: 27,
} as const;

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof KeystileError)) return exitCodes.failed;
  switch (error.code) {
    case 'KS-U100':
    case 'KS-U101':
    case 'KS-U120':
    case 'KS-L102':
    case 'KS-L130':
      return exitCodes.usage;
    case 'KS-U126':
      return exitCodes.timeout;
    case 'KS-U121':
    case 'KS-U125':
      return exitCodes.failed;
    default:
      return error.fault === 'environment' ? exitCodes.environment : exitCodes.failed;
  }
}
