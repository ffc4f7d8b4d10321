import type { Group } from '../codepoints.ts';
import { startNistCurve } from './nist-curve.ts';
import { startX25519 } from './x25519.ts';
import { startMlKemHybrid } from './x25519-mlkem768.ts';

/** The client's half of one key exchange: fresh for each connection and used at most once. */
export interface KeyExchange {
  readonly group: Group;
  /** What the key_share extension carries. */
  readonly share: Uint8Array;
  /** The shared secret, for the caller to own and zero. Throws `KS-T112` for a share that the group forbids. */
  agree(peerShare: Uint8Array): Uint8Array;
}

/** Cryptographically strong bytes, for the taker to own. */
export type Random = (length: number) => Uint8Array;

/** `random` gives the bytes of EC private keys; ML-KEM's, and all without it, are of OpenSSL's own generator. */
export function startKeyExchange(group: Group, random: Random | undefined): KeyExchange {
  switch (group) {
    case 'X25519':
      return startX25519(random);
    case 'P-256':
    case 'P-384':
      return startNistCurve(group, random);
    case 'X25519MLKEM768':
      return startMlKemHybrid(random);
  }
}
