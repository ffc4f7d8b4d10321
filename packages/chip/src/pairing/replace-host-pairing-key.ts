import { equalPublicBytes } from '@keystile/bytes';
import type { PartState } from '../memory/part-state.ts';
import type { Part } from '../part.ts';

/**
 * A state that is paired with another host: what a verified command of the administrator may do, and nobody else
 * (ARCHITECTURE section 6.3). `publicKey`: SubjectPublicKeyInfo of an X25519 key, checked.
 *
 * Once it is committed every channel of the host before is worth nothing, though the response under way still goes out by
 * it. The change of the memory drops what could resume a TLS session.
 */
export function replaceHostPairingKey(state: PartState, publicKey: Uint8Array): PartState {
  return { ...state, objects: new Map([...state.objects, ['host-pairing-key', publicKey.slice()]]) };
}

/** In the factory. Writes nothing when the part holds the key already. */
export function storeHostPairingKey({ memory }: Pick<Part, 'memory'>, publicKey: Uint8Array): void {
  const held = memory.state.objects.get('host-pairing-key');
  if (held !== undefined && equalPublicBytes(held, publicKey)) return;
  memory.commit((before) => replaceHostPairingKey(before, publicKey));
}
