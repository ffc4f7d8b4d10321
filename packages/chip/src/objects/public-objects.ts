import { KeystileError } from '@keystile/errors';
import { type ObjectName, objectNames } from '@keystile/link';
import type { PartState, VaultSlot } from '../memory/part-state.ts';

/**
 * The public objects of a part. Private keys are not among them: there is no path from a name to one.
 */
const slotOfPublicKey: Readonly<Partial<Record<ObjectName, VaultSlot>>> = {
  'attestation-public-key': 'attestation',
  'idevid-public-key': 'idevid',
  'ldevid-public-key': 'ldevid',
  'ldevid-spare-public-key': 'ldevid-spare',
};

/** The bytes of an object, or undefined when the part does not hold it. */
function publicObject(state: PartState, name: ObjectName): Uint8Array | undefined {
  const slot = slotOfPublicKey[name];
  return slot === undefined ? state.objects.get(name) : state.keys.get(slot)?.publicKey;
}

/** Throws `KS-C140`. */
export function demandObject(state: PartState, name: ObjectName): Uint8Array {
  const bytes = publicObject(state, name);
  if (bytes === undefined) throw new KeystileError('KS-C140', `the part holds no ${name}`);
  return bytes;
}

/** The public objects that are there, in the protocol's order. */
export function listObjects(state: PartState): readonly { readonly object: ObjectName; readonly length: number }[] {
  return objectNames.flatMap((object) => {
    const bytes = publicObject(state, object);
    return bytes === undefined ? [] : [{ object, length: bytes.length }];
  });
}
