import { equalPublicBytes, toHex } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { type PairBegin, PartExchange, type RequestOrigin, X25519Key, x25519PublicKey } from '@keystile/link';
import type { PartMemory } from '../memory/part-memory.ts';
import { derive } from '../memory/seal.ts';
import type { PoweredClock, RandomSource } from '../ports.ts';
import { ExchangeThrottle } from './exchange-throttle.ts';

/**
 * The part's half of the pairing: its static key, and whom it is paired with.
 *
 * The static key is derived from the fuse key that seals the memory. So it is another in every part, it is not in the
 * memory, it does not change for life, and it survives a tamper event: a tampered part still talks to its own host.
 */
export class PartPairing {
  readonly #memory: PartMemory;
  readonly #random: RandomSource;
  readonly throttle: ExchangeThrottle;
  #staticKey: X25519Key | undefined;

  constructor(memory: PartMemory, random: RandomSource, poweredMs: PoweredClock) {
    this.#memory = memory;
    this.#random = random;
    this.throttle = new ExchangeThrottle(poweredMs);
  }

  /** The host's static key; undefined when the part was not paired. */
  get hostKey(): Uint8Array | undefined {
    const spki = this.#memory.state.objects.get('host-pairing-key');
    return spki && x25519PublicKey(spki);
  }

  /** Whether the request came sealed by the host that the part is paired with now. */
  isFromHost({ sealedBy }: RequestOrigin): boolean {
    const { hostKey } = this;
    return sealedBy !== undefined && hostKey !== undefined && equalPublicBytes(sealedBy.hostKey, hostKey);
  }

  /** Throws `KS-C171` when the part is paired with nobody, `KS-C172` when with another host. */
  demandHost(hostKey: Uint8Array): void {
    const paired = this.hostKey;
    if (paired === undefined) throw new KeystileError('KS-C171', 'the part holds the key of no host');
    if (equalPublicBytes(paired, hostKey)) return;
    throw new KeystileError('KS-C172', `the part is paired with host ${nameOf(paired)}, this is ${nameOf(hostKey)}`);
  }

  /** Throws `KS-L116`. */
  begin(request: PairBegin): PartExchange {
    this.#staticKey ??= this.#derivedKey();
    return new PartExchange({ staticKey: this.#staticKey, random: this.#random }, request);
  }

  #derivedKey(): X25519Key {
    const bytes = pairingKeyOf(this.#memory.fuseRecord.memoryKey);
    const key = new X25519Key(bytes);
    bytes.fill(0);
    return key;
  }
}

/** The private half of a part's static key. */
export function pairingKeyOf(memoryKey: Uint8Array): Uint8Array {
  return derive(memoryKey, 'pairing');
}

/** Enough of a public key to tell two hosts apart. */
function nameOf(key: Uint8Array): string {
  return toHex(key.subarray(0, 8));
}
