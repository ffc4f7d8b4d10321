import type { Revocation } from '../../admission/revocations.ts';
import type { Driver } from '../driver.ts';
import type { Listening } from '../listeners/listener.ts';
import type { ProgramLog } from '../log.ts';
import { writeDenyList } from './deny-list.ts';

export interface RevokerOptions {
  readonly driver: Driver;
  readonly listeners: readonly Listening[];
  readonly log: ProgramLog;
  readonly now: () => number;
  /** The file that a restart reads; without one nothing is kept. */
  readonly denyList: string | undefined;
}

/**
 * Revocation as one action: denied on every path, what is connected ended (0x98), no TLS session of before resumed, and
 * all of it kept. Only the file can fail (`KS-B347`), and it comes last.
 */
export class Revoker {
  readonly #options: RevokerOptions;

  constructor(options: RevokerOptions) {
    this.#options = options;
  }

  /** How many connections ended. Throws `KS-B347`: the revocation then holds, but not over a restart. */
  revoke(revocation: Revocation): number {
    const { driver, log, now } = this.#options;
    const ended = driver.broker.revoke(revocation, now());
    this.renewTickets();
    driver.flush();
    const verb = revocation.kind === 'quarantine' ? 'put in quarantine' : 'revoked';
    log.event({ level: 'info', event: 'revocation', sentence: `${nameOf(revocation)} ${verb}, ${ended} connected` });
    this.#keep();
    return ended;
  }

  /** False when there was nothing to take back. Throws `KS-B347`. */
  readmit(revocation: Revocation): boolean {
    const { driver, log } = this.#options;
    if (!driver.broker.readmit(revocation)) return false;
    log.event({ level: 'info', event: 'revocation', sentence: `${nameOf(revocation)} admitted again` });
    this.#keep();
    return true;
  }

  renewTickets(): void {
    for (const { tls } of this.#options.listeners) tls?.renewTickets();
  }

  #keep(): void {
    const { denyList, driver } = this.#options;
    if (denyList !== undefined) writeDenyList(denyList, driver.broker.denied);
  }
}

function nameOf(revocation: Revocation): string {
  return revocation.kind === 'serial' ? `certificate ${revocation.serial}` : `'${revocation.urn}'`;
}
