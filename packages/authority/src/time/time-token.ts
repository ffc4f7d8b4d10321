import type { KeyObject } from 'node:crypto';
import { timeToken } from '@keystile/cose';
import { es256Signer } from '../state/signer.ts';

export interface TimeClaims {
  readonly serial: string;
  /** The part's own, from TIME_CHALLENGE. */
  readonly nonce: Uint8Array;
  readonly nowMs: number;
}

/** UTC for one part that asked for it, signed by the time key. */
export function signTimeToken(timeKey: KeyObject, { serial, nonce, nowMs }: TimeClaims): Promise<Uint8Array> {
  return timeToken.sign({ serial, nonce, utcMs: nowMs }, es256Signer(timeKey));
}
