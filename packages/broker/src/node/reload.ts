import { isDeepStrictEqual } from 'node:util';
import { KeystileError } from '@keystile/errors';
import type { Credentials } from '../admission/revocations.ts';
import { configuredRules } from './configuration/configured-rules.ts';
import type { Configuration, ListenerConfiguration } from './configuration/schema.ts';
import { type TlsMaterial, tlsMaterial } from './listeners/tls-options.ts';
import { Issuers } from './peer/issuers.ts';
import { type ListsOptions, RevocationLists } from './revocation/revocation-lists.ts';

/** All that a running broker can take anew: certificates, keys, roots, issuers, their lists, and rules. */
export interface Replacement {
  readonly configuration: Configuration;
  readonly issuers: Issuers;
  readonly lists: RevocationLists;
  readonly rules: ReturnType<typeof configuredRules>;
  /** By the name of the listener. */
  readonly materials: ReadonlyMap<string, TlsMaterial>;
}

/**
 * Reads everything that a reload takes, and changes nothing: what fails here leaves the broker as it was. Throws what the
 * start throws, and `KS-B348` for a change that needs one.
 */
export function readReplacement(
  running: Configuration,
  configuration: Configuration,
  surroundings: Omit<ListsOptions, 'issuers'>,
): Replacement {
  refuseFixed(running, configuration);
  const { folder } = surroundings;
  const issuers = new Issuers(configuration.issuer, folder);
  const lists = new RevocationLists({ ...surroundings, issuers });
  const materials = new Map<string, TlsMaterial>();
  for (const listener of configuration.listener) {
    if (listener.kind === 'mqtts' || listener.kind === 'wss') {
      materials.set(listener.name, tlsMaterial(listener, folder));
    }
  }
  return { configuration, issuers, lists, rules: configuredRules(configuration), materials };
}

/** Whether the certificate of a connection was issued by a CA that may no longer issue it. */
export function isDismissed({ identity, issuer }: Credentials, issuers: Issuers): boolean {
  // Tokens and configured identities have no issuer.
  if (issuer === undefined) return false;
  const grant = issuers.all.find(({ key }) => key === issuer)?.grant;
  return grant === undefined || grant.fleet !== identity.fleet || !grant.roles.includes(identity.role);
}

function refuseFixed(running: Configuration, configuration: Configuration): void {
  const before = fixedPart(running);
  const after = fixedPart(configuration);
  for (const key of Object.keys(before) as (keyof typeof before)[]) {
    if (!isDeepStrictEqual(before[key], after[key])) {
      throw new KeystileError('KS-B348', `[${key}] has changed in what a running broker keeps`);
    }
  }
}

/** What is decided at the start. */
function fixedPart({ listener, issuer: _, rule: __, ...rest }: Configuration): Record<string, unknown> {
  return {
    evidence: undefined,
    control: undefined,
    metrics: undefined,
    ...rest,
    listener: listener.map(fixedListener),
  };
}

/** A listener without the paths of what is read again. */
function fixedListener(listener: ListenerConfiguration): object {
  if (listener.kind !== 'mqtts' && listener.kind !== 'wss') return listener;
  const { certificate: _, key: __, client_anchors: anchors, ...fixed } = listener;
  return { ...fixed, hasAnchors: anchors !== undefined, ...('token_key' in fixed && { token_key: 'some' }) };
}
