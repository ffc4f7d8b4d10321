import * as chip from '@keystile/chip/node';

/** Milliseconds that a real part takes for an operation of P-256. */
export interface PublishedTimes {
  readonly generate: number;
  readonly ecdh: number;
  readonly sign: number;
  readonly verify: number;
}

const ownPace: PublishedTimes = { generate: 0, ecdh: 0, sign: 0, verify: 0 };

/** Those of the virtual part, as far as it has any; `none` adds nothing. */
const timingProfiles: Readonly<Record<string, PublishedTimes>> = (
  chip as { readonly timingProfiles?: Readonly<Record<string, PublishedTimes>> }
).timingProfiles ?? { none: ownPace };

export const profileNames: readonly string[] = Object.keys(timingProfiles);

/**
 * What a client's side of a mutual handshake costs at least: a key pair, a shared secret, three verifications (the server's
 * path of two, and its own signature), one signature.
 */
export function cryptographyMs(profile: string): number {
  const { generate, ecdh, sign, verify } = timingProfiles[profile] ?? ownPace;
  return generate + ecdh + sign + 3 * verify;
}

type SpawnWithProfile = (options: chip.SpawnPartOptions & { readonly profile: string }) => Promise<chip.PartProcess>;

export const spawnPart: SpawnWithProfile = chip.spawnPart as SpawnWithProfile;
