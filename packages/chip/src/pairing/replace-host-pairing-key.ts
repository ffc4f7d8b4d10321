import type { PartState } from '../memory/part-state.ts';

/** A state that is paired with another host. `publicKey`: SubjectPublicKeyInfo of an X25519 key, checked. */
export function replaceHostPairingKey(state: PartState, publicKey: Uint8Array): PartState {
  return { ...state, objects: new Map([...state.objects, ['host-pairing-key', publicKey]]) };
}
