import { createECDH, type ECDH, randomBytes } from 'node:crypto';
import type { KeyExchange, Random } from './key-exchange.ts';
import { type NistCurve, nistPrivateKey } from './private-key.ts';
import { refusedShare } from './refused-share.ts';

const curves = {
  'P-256': { name: 'prime256v1', shareLength: 65 },
  'P-384': { name: 'secp384r1', shareLength: 97 },
} as const satisfies Record<NistCurve, object>;

/** ECDH on a NIST curve, uncompressed points only (RFC 8446 §4.2.8.2). */
export function startNistCurve(group: NistCurve, random: Random = randomBytes): KeyExchange {
  const ecdh = createECDH(curves[group].name);
  const privateKey = nistPrivateKey(group, random);
  ecdh.setPrivateKey(privateKey);
  privateKey.fill(0);
  return {
    group,
    share: ecdh.getPublicKey(),
    agree: (peerShare) => agreeOnCurve(group, ecdh, peerShare),
  };
}

/** The shared secret of a key and a peer's share; `ecdh` holds a key on the group's curve. */
export function agreeOnCurve(group: NistCurve, ecdh: ECDH, peerShare: Uint8Array): Uint8Array {
  if (peerShare.length !== curves[group].shareLength || peerShare[0] !== uncompressed) throw refusedShare(group);
  try {
    // OpenSSL checks that the point is on the curve; the curves have cofactor 1.
    return ecdh.computeSecret(peerShare);
  } catch {
    throw refusedShare(group);
  }
}

const uncompressed = 4;
