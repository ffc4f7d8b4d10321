import { type CommandName, commands, type LifeCycle } from '@keystile/link';
import { fieldOrTampered, opensIn, type SituationName } from '../access/by-hand.ts';

/**
 * What must hold of a part, written down so plainly that it can be checked by reading: where it is in its life, what its
 * boot has shown, and what was counted. It knows nothing of how the firmware does any of it.
 */
export class Twin {
  lifeCycle: Exclude<LifeCycle, 'tampered'>;
  isTampered = false;
  readonly isPaired: boolean;
  hasLine = false;
  boot: 'none' | 'measuring' | 'passed' | 'failed' = 'none';
  isArmed = true;
  /** Version of the firmware that runs, once the boot has passed. */
  running = 0;
  isProved = false;
  firmwareMin = 0;
  bootCount: number;
  /** Sessions that were opened since the part got power. */
  opened = 0;

  constructor(start: Pick<Twin, 'lifeCycle' | 'isPaired' | 'bootCount'>) {
    this.lifeCycle = start.lifeCycle;
    this.isPaired = start.isPaired;
    this.bootCount = start.bootCount;
  }

  get situation(): SituationName {
    if (this.isTampered) {
      if (this.lifeCycle === 'unmade') return 'tampered before it was made';
      return this.lifeCycle === 'operational' ? 'tampered in the field' : 'tampered in the factory';
    }
    if (this.lifeCycle === 'operational') {
      if (this.boot !== 'none') return this.boot;
      return this.isArmed ? 'armed' : 'unarmed';
    }
    if (this.lifeCycle === 'unmade' || this.lifeCycle === 'terminated') return this.lifeCycle;
    return this.hasLine ? `${this.lifeCycle}, line` : this.lifeCycle;
  }

  /** Whether the rules let the command in. `policy`: of a session that would be opened. */
  opens(name: CommandName, policy: string | undefined): boolean {
    // Before the line has written the policies there is none that would use a key.
    const usesKey = policy === 'fleet' && this.lifeCycle !== 'unmade' && this.lifeCycle !== 'blank';
    const where: readonly SituationName[] = name === 'tlsOpen' && !usesKey ? fieldOrTampered : opensIn[name];
    return where.includes(this.situation);
  }

  /** The same for somebody whom a locked part does not know. */
  opensToStranger(name: CommandName): boolean {
    return opensIn[name].includes('armed, before a stranger');
  }

  /** Of the host, let in or not: whoever speaks TLS is no first-stage loader. */
  asked(name: CommandName): void {
    if (commands[name].group === 'tls') this.isArmed = false;
  }

  /** Of a command that the part has carried out. */
  accepted(name: CommandName): void {
    switch (name) {
      case 'reset':
        this.hasLine = false;
        return;
      case 'provisionBegin':
        this.hasLine = true;
        return;
      case 'bootBegin':
        this.boot = 'measuring';
        this.isArmed = false;
        return;
      case 'bootCommit':
        this.firmwareMin = this.running;
        return;
      case 'tlsOpen':
      case 'proofOpen':
        this.opened++;
        return;
      default:
        return;
    }
  }

  /** Of a command that was let in and refused for what it brought. */
  refused(name: CommandName): void {
    if (name === 'bootVerify') this.boot = 'failed';
  }

  /** A whole measurement, with images that are signed. Gives whether it passes. */
  booted(version: number): boolean {
    if (this.situation !== 'armed') return false;
    this.isArmed = false;
    this.isProved = false;
    this.running = version;
    this.boot = version >= this.firmwareMin ? 'passed' : 'failed';
    return this.boot === 'passed';
  }

  /** A handshake in which the part has shown its certificate. */
  authenticated(): void {
    if (this.boot === 'passed') this.isProved = true;
  }

  /** By the administrator's word: the boot has no more to say. */
  terminated(): void {
    this.lifeCycle = 'terminated';
    this.boot = 'failed';
  }

  resetLine(): void {
    this.#started();
  }

  powerCycle(): void {
    this.#started();
    this.opened = 0;
  }

  tamper(): void {
    this.isTampered = true;
    this.hasLine = false;
    this.boot = 'failed';
    this.isArmed = false;
  }

  #started(): void {
    this.hasLine = false;
    this.boot = 'none';
    this.isArmed = true;
    this.isProved = false;
    if (this.lifeCycle !== 'unmade' && !this.isTampered) this.bootCount++;
  }
}
