import { commands } from '@keystile/link';
import type { Part } from './part.ts';

/**
 * The host's half of a renewal: a new key and its request come from the part, the chain from whoever issues, and the part
 * judges it. Make before break: the old certificate stays in use until the new one has completed a handshake.
 */

/** Where a chain comes from: PKCS #10 in DER in, leaf first in DER out. */
export type ChainSource = (request: Uint8Array) => Promise<readonly Uint8Array[]>;

/** Milliseconds since 1970, UTC. */
export interface Validity {
  readonly fromMs: number;
  readonly untilMs: number;
}

const LIFE_BEFORE_RENEWAL = 2 / 3;
/** Share of a life over which a fleet that was made in one hour spreads its renewals. */
const JITTER = 1 / 12;

/** When to renew: two thirds of life and a little more. `random` in [0, 1), drawn once for each certificate. */
export function renewalTimeMs({ fromMs, untilMs }: Validity, random: number): number {
  return fromMs + (untilMs - fromMs) * (LIFE_BEFORE_RENEWAL + JITTER * random);
}

export function renewalDue(validity: Validity, nowMs: number, random: number): boolean {
  return nowMs >= renewalTimeMs(validity, random);
}

/**
 * Renews the device's certificate; the next connection proves it. Throws the part's refusal or what the source throws. A
 * key that an earlier attempt left without a certificate is used, so that an authority out of reach costs the part no
 * writes.
 */
export async function renewCertificate(part: Part, chainFor: ChainSource): Promise<void> {
  const slot = 'ldevid-spare';
  const { objects } = await part.call(commands.list, {});
  const has = (name: string): boolean => objects.some(({ object }) => object === name);
  if (!has('ldevid-spare-public-key') || has('ldevid-spare-chain')) await part.call(commands.generate, { slot });
  const { request } = await part.call(commands.csr, { slot });
  // It shares memory with the bus, which the next command reuses.
  const chain = await chainFor(request.slice());
  await part.call(commands.certInstall, { slot, chain });
}

/** A renewed certificate is installed and has not completed a handshake yet. */
export async function isRenewalPending(part: Part): Promise<boolean> {
  const { objects } = await part.call(commands.list, {});
  return objects.some(({ object }) => object === 'ldevid-spare-chain');
}
