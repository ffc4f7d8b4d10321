import type { Credentials } from '../admission/revocations.ts';
import type { Configuration } from './configuration/schema.ts';
import type { ControlActions } from './control/control-socket.ts';
import type { ControlRequest } from './control/requests.ts';
import type { Driver } from './driver.ts';
import type { CountingLog } from './event-counts.ts';
import type { Listening } from './listeners/listener.ts';
import type { ListenerFacts } from './metrics/metrics.ts';
import { endOf } from './metrics/sources.ts';
import type { Issuers } from './peer/issuers.ts';
import { isDismissed, type Replacement, readReplacement } from './reload.ts';
import type { ListStanding } from './revocation/revocation-lists.ts';
import { Revoker } from './revocation/revoker.ts';
import { publishSystemTopics, SYSTEM_TOPICS_MS } from './system-topics.ts';

/**
 * What is done to a broker while it runs: revocation, reload, and the look at files that others write. It holds what is
 * in force: configuration, issuers and their lists.
 */
export interface OperationsOptions {
  /** What the start has read. */
  readonly inForce: Replacement;
  readonly driver: Driver;
  readonly listeners: readonly Listening[];
  readonly folder: string;
  readonly denyList: string | undefined;
  readonly log: CountingLog;
  readonly now: () => number;
  readonly utcNow: () => number;
  /** Reads the configuration file anew; without it nothing can be reloaded but what it named before. */
  readonly reread: (() => Configuration) | undefined;
}

/** A file that was replaced is noticed within this. */
const LOOK_MS = 1_000;

export class Operations implements ControlActions {
  readonly #options: OperationsOptions;
  readonly #revoker: Revoker;
  readonly #startedAtMs: number;
  #inForce: Replacement;
  #systemTopicsAtMs: number;
  readonly #timer: NodeJS.Timeout;

  constructor(options: OperationsOptions) {
    const { driver, listeners, log, now, denyList } = options;
    this.#options = options;
    this.#inForce = options.inForce;
    this.#revoker = new Revoker({ driver, listeners, log, now, denyList });
    this.#startedAtMs = now();
    this.#systemTopicsAtMs = now() + SYSTEM_TOPICS_MS;
    this.#applyLists();
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  get issuers(): Issuers {
    return this.#inForce.issuers;
  }

  get lists(): readonly ListStanding[] {
    return this.#inForce.lists.standings;
  }

  get listeners(): readonly ListenerFacts[] {
    return this.#options.listeners.flatMap(({ name, tls }) => {
      if (tls === undefined) return [];
      const material = this.#inForce.materials.get(name);
      return [{ name, certificateEndMs: material && endOf(material), stapleEndMs: tls.staple?.nextUpdateMs }];
    });
  }

  /** All of it or nothing: throws with the code of what is wrong, and then nothing has changed. */
  reload(): number {
    const { reread, folder, log, utcNow, driver, now, listeners } = this.#options;
    const { configuration } = this.#inForce;
    const replacement = readReplacement(configuration, reread?.() ?? configuration, { folder, log, utcNow });
    // A reload must not bring back a certificate that a newer list has revoked.
    replacement.lists.refuseOlderThan(this.#inForce.lists);
    this.#inForce = replacement;
    for (const { name, tls } of listeners) {
      const material = replacement.materials.get(name);
      if (material !== undefined) tls?.replace(material);
    }
    const isOut = (credentials: Credentials): boolean => isDismissed(credentials, replacement.issuers);
    const ended = driver.broker.dismiss(isOut, now()) + this.#applyLists();
    driver.broker.replaceRules(replacement.rules);
    driver.flush();
    log.event({
      level: 'info',
      event: 'reload',
      sentence: `configuration and files are in force, ${ended} connections ended`,
    });
    return ended;
  }

  perform(request: Exclude<ControlRequest, { op: 'trace' }>): object {
    switch (request.op) {
      case 'status':
        return this.#status();
      case 'reload':
        return { ended: this.reload() };
      case 'quarantine':
        return { ended: this.#revoker.revoke({ kind: 'quarantine', urn: request.identity }) };
      case 'revoke':
        return { ended: this.#revoker.revoke(named(request)) };
      case 'unrevoke': {
        const revocation = named(request);
        const wasRevoked = this.#revoker.readmit(revocation);
        const wasQuarantined =
          revocation.kind === 'identity' && this.#revoker.readmit({ ...revocation, kind: 'quarantine' });
        return { changed: wasRevoked || wasQuarantined };
      }
    }
  }

  trace(urn: string, sink: Parameters<ControlActions['trace']>[1]): () => void {
    return this.#options.driver.broker.tracing.watch(urn, sink);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #status(): object {
    const { broker } = this.#options.driver;
    const denied = { identities: 0, quarantined: 0, serials: 0 };
    for (const { kind } of broker.denied) {
      denied[kind === 'identity' ? 'identities' : kind === 'serial' ? 'serials' : 'quarantined'] += 1;
    }
    return { ...broker.census(), draining: broker.isDraining, denied, lists: this.lists };
  }

  #look(): void {
    const { log, driver, listeners, now } = this.#options;
    try {
      for (const { tls } of listeners) tls?.staple?.look();
      if (this.#inForce.lists.look() && this.#applyLists() > 0) driver.flush();
      if (now() < this.#systemTopicsAtMs) return;
      this.#systemTopicsAtMs = now() + SYSTEM_TOPICS_MS;
      publishSystemTopics(driver.broker, { nowMs: now(), startedAtMs: this.#startedAtMs });
    } catch (error) {
      log.fault('KS-B117', 'the look at lists and answers met it', error);
    }
  }

  /** How many connections the lists ended; those that are to come cannot resume past them either. */
  #applyLists(): number {
    const { driver, now } = this.#options;
    const ended = driver.broker.replaceRevocationLists(this.#inForce.lists.denied, now());
    this.#revoker.renewTickets();
    return ended;
  }
}

function named(
  request: { readonly identity: string } | { readonly serial: string },
): { readonly kind: 'identity'; readonly urn: string } | { readonly kind: 'serial'; readonly serial: string } {
  return 'serial' in request ? { kind: 'serial', serial: request.serial } : { kind: 'identity', urn: request.identity };
}
