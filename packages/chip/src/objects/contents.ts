import { createHash } from 'node:crypto';
import { ByteWriter } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { type ObjectName, objectNames } from '@keystile/link';
import type { PartState } from '../memory/part-state.ts';
import { checkObject, type WritableObject, writableObjects } from './check-object.ts';

/** What a part cannot work without. */
const required: readonly WritableObject[] = [
  'identity',
  'idevid-chain',
  'ldevid-chain',
  'anchors',
  'policies',
  'boot-key',
  'time-key',
  'administrator-keys',
  'receipt-key',
];

/**
 * SHA-256 over what the factory line has written, in the order of the protocol: for each object its number (u8), its
 * length (u32) and its bytes.
 */
export function contentsDigest(state: PartState): Uint8Array {
  const hash = createHash('sha256');
  for (const [number, name] of objectNames.entries()) {
    const bytes = isWritable(name) ? state.objects.get(name) : undefined;
    if (bytes === undefined) continue;
    hash.update(new ByteWriter().u8(number).u32(bytes.length).finish()).update(bytes);
  }
  return new Uint8Array(hash.digest());
}

/**
 * Throws `KS-C147` unless everything is there, and what {@link checkObject} throws unless all of it still fits
 * together: an object may have been written again after another that refers to it.
 */
export function demandComplete(state: PartState): void {
  const missing = required.filter((name) => !state.objects.has(name));
  if (missing.length > 0) throw new KeystileError('KS-C147', `missing: ${missing.join(', ')}`);
  for (const name of required) checkObject(state, name, state.objects.get(name) ?? new Uint8Array(0));
}

export function isWritable(name: ObjectName): name is WritableObject {
  return (writableObjects as readonly ObjectName[]).includes(name);
}
