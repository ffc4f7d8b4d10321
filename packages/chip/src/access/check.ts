import { KeystileError } from '@keystile/errors';
import type { LifeCycle } from '@keystile/link';
import type { AccessFacts, AccessRule } from './rules.ts';

/** Whether the command is for whoever sent it: judged before all else, so that a stranger on the bus moves nothing. Throws `KS-C170`. */
export function checkPairing(name: string, rule: AccessRule, facts: AccessFacts): void {
  if (rule.pairing === 'free' || inFactory.includes(facts.lifeCycle)) return;
  if (!facts.hasHostKey || facts.isFromHost) return;
  throw new KeystileError('KS-C170', `${name} needs the channel of the host that the part is paired with`);
}

/** Before the lock whoever is on the bus is the factory. */
const inFactory: readonly LifeCycle[] = ['unmade', 'blank', 'provisioned'];

/**
 * Holds a command against its row. The conditions are judged in a fixed order, so that the refusal names the one that
 * matters most: tamper, life cycle, role, boot. Throws `KS-C110` to `KS-C115`.
 */
export function checkAccess(name: string, rule: AccessRule, facts: AccessFacts): void {
  checkTamper(name, rule, facts);
  if (!rule.lifeCycle.includes(facts.lifeCycle)) {
    const states = rule.lifeCycle.join(' or ');
    throw new KeystileError('KS-C110', `${name} is for a part that is ${states}; this one is ${facts.lifeCycle}`);
  }
  if (rule.role === 'line' && !facts.hasProvisioningSession) {
    throw new KeystileError('KS-C111', `${name} needs PROVISION_BEGIN before it`);
  }
  checkBoot(name, rule, facts);
}

function checkTamper(name: string, rule: AccessRule, facts: AccessFacts): void {
  if (!facts.isTampered) return;
  if (facts.usesDeviceKey) {
    throw new KeystileError('KS-C113', `${name} would use a key that a tamper event has destroyed`);
  }
  if (!rule.lifeCycle.includes('tampered')) {
    throw new KeystileError('KS-C113', `${name} is refused for ever: the part was tampered with`);
  }
}

function checkBoot(name: string, rule: AccessRule, facts: AccessFacts): void {
  const { bootState, isBootArmed } = facts;
  switch (rule.boot) {
    case 'any':
      return;
    case 'armed':
      if (isBootArmed) return;
      throw new KeystileError('KS-C114', `${name} was not the first after the reset line was asserted`);
    case 'measuring':
      if (bootState === 'measuring') return;
      throw new KeystileError(
        'KS-C115',
        `${name} belongs between BOOT_BEGIN and the verdict; the boot is ${bootState}`,
      );
    case 'passed':
      return demandPassed(name, bootState);
    case 'passed-for-device-key':
      return facts.usesDeviceKey ? demandPassed(name, bootState) : undefined;
    case 'passed-when-operational':
      return facts.lifeCycle === 'operational' ? demandPassed(name, bootState) : undefined;
  }
}

function demandPassed(name: string, bootState: AccessFacts['bootState']): void {
  if (bootState === 'passed') return;
  const said = bootState === 'failed' ? 'has failed' : bootState === 'measuring' ? 'is not finished' : 'has not begun';
  throw new KeystileError('KS-C112', `${name} needs a verified boot, which ${said}`);
}
