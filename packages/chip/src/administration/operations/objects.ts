import { KeystileError } from '@keystile/errors';
import type { PartState } from '../../memory/part-state.ts';
import { checkObject, type WritableObject } from '../../objects/check-object.ts';

/** A state with one object replaced, once the part would work with it. Throws `KS-C208`. */
export function withObject(state: PartState, name: WritableObject, bytes: Uint8Array): PartState {
  demandSound(state, name, bytes);
  return { ...state, objects: new Map([...state.objects, [name, bytes]]) };
}

/** Throws `KS-C208` unless the part would work with the object. */
export function demandSound(state: PartState, name: WritableObject, bytes: Uint8Array): void {
  try {
    checkObject(state, name, bytes);
  } catch (cause) {
    if (cause instanceof KeystileError) throw new KeystileError('KS-C208', cause.detail, { cause });
    throw cause;
  }
}
