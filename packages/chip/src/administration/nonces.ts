import { equalPublicBytes } from '@keystile/bytes';
import type { RandomSource } from '../ports.ts';

const NONCE_LENGTH = 16;
/** Several administrators may prepare commands at once; more than these few would only be for whoever floods the part. */
const OUTSTANDING_MAX = 4;

/** The nonces that administrators' commands may carry. In RAM alone: whoever signs after a reset asks again. */
export class AdministratorNonces {
  #outstanding: readonly Uint8Array[] = [];

  challenge(random: RandomSource): Uint8Array {
    const nonce = random(NONCE_LENGTH);
    this.#outstanding = [...this.#outstanding, nonce].slice(-OUTSTANDING_MAX);
    return nonce;
  }

  isOutstanding(nonce: Uint8Array): boolean {
    return this.#outstanding.some((each) => equalPublicBytes(each, nonce));
  }

  /** It has served its command. */
  use(nonce: Uint8Array): void {
    this.#outstanding = this.#outstanding.filter((each) => !equalPublicBytes(each, nonce));
  }

  forget(): void {
    this.#outstanding = [];
  }
}
