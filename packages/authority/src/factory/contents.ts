import { createHash } from 'node:crypto';
import {
  administratorKeysFields,
  anchorsFields,
  chainFields,
  encodeField,
  identityFields,
  type ObjectName,
  objectNames,
  type PartIdentity,
  type Policy,
  policiesFields,
} from '@keystile/link';

/**
 * What the line writes into a part, encoded, and the digest over it that the lock order and the lock evidence carry.
 *
 * The digest is computed here from what was *meant*, never from what the part says it holds.
 */
export type Contents = ReadonlyMap<ObjectName, Uint8Array>;

export interface ContentsOptions {
  readonly identity: PartIdentity;
  /** DER, leaf first. */
  readonly idevidChain: readonly Uint8Array[];
  readonly ldevidChain: readonly Uint8Array[];
  /** DER of each trusted root. */
  readonly anchors: readonly Uint8Array[];
  readonly policies: readonly Policy[];
  /** SubjectPublicKeyInfo, DER. */
  readonly bootKey: Uint8Array;
  readonly timeKey: Uint8Array;
  /** SHA-256 of each administrator's SubjectPublicKeyInfo. */
  readonly administratorKeys: readonly Uint8Array[];
  /** SubjectPublicKeyInfo, DER; undefined for a part that is paired with nobody. */
  readonly hostPairingKey: Uint8Array | undefined;
}

export function contentsOf(options: ContentsOptions): Contents {
  const { hostPairingKey } = options;
  return new Map<ObjectName, Uint8Array>([
    ['identity', encodeField(identityFields, options.identity)],
    ['idevid-chain', encodeField(chainFields, options.idevidChain)],
    ['ldevid-chain', encodeField(chainFields, options.ldevidChain)],
    ['anchors', encodeField(anchorsFields, options.anchors)],
    ['policies', encodeField(policiesFields, options.policies)],
    ['boot-key', options.bootKey],
    ['time-key', options.timeKey],
    ['administrator-keys', encodeField(administratorKeysFields, options.administratorKeys)],
    ...(hostPairingKey === undefined ? [] : [['host-pairing-key', hostPairingKey] as const]),
  ]);
}

/** SHA-256 over every object in the order of `objectNames`: its number (u8), its length (u32), its bytes. */
export function contentsDigest(contents: Contents): Uint8Array {
  const hash = createHash('sha256');
  for (const [number, name] of objectNames.entries()) {
    const bytes = contents.get(name);
    if (bytes === undefined) continue;
    const head = Buffer.alloc(5);
    head.writeUInt8(number, 0);
    head.writeUInt32BE(bytes.length, 1);
    hash.update(head).update(bytes);
  }
  return new Uint8Array(hash.digest());
}
