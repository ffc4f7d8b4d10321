import { KeystileError } from '@keystile/errors';
import type { SecureBoot } from '../boot/secure-boot.ts';
import type { LogKeeper } from './log-keeper.ts';

/**
 * Runs a step of the boot and records the verdict, if it came to one, before anybody learns of it: whoever fails and
 * switches the power off at once is in the log all the same. There is one verdict for each reset. A boot whose verdict
 * cannot be recorded has failed.
 */
export function toldVerdict<T>(boot: SecureBoot, log: LogKeeper, step: () => T): T {
  try {
    const result = step();
    if (boot.versions !== undefined) {
      const { firmwareVersion, configurationVersion } = boot.versions;
      log.record('boot-passed', `firmware ${firmwareVersion}, configuration ${configurationVersion}`);
    }
    return result;
  } catch (error) {
    const hadPassed = boot.state === 'passed';
    boot.fail();
    if (!hadPassed) log.record('boot-failed', error instanceof KeystileError ? error.code : 'KS-C100');
    throw error;
  }
}
