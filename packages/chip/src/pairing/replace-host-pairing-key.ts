import { equalPublicBytes } from '@keystile/bytes';
import { checkObject } from '../objects/check-object.ts';
import type { Part } from '../part.ts';

/**
 * Pairs the part with another host: what a verified command of the administrator may do, and nobody else (ARCHITECTURE
 * section 6.3). `key` is its SubjectPublicKeyInfo. Throws `KS-C143` when that is none of X25519, `KS-C113` after a tamper
 * event.
 *
 * From then on every channel of the host before is worth nothing, though the response under way still goes out by it.
 * The change of the memory drops what could resume a TLS session.
 */
export function replaceHostPairingKey({ memory }: Pick<Part, 'memory'>, key: Uint8Array): void {
  checkObject(memory.state, 'host-pairing-key', key);
  storeHostPairingKey({ memory }, key);
}

/** Writes nothing when the part holds it already. */
export function storeHostPairingKey({ memory }: Pick<Part, 'memory'>, key: Uint8Array): void {
  const held = memory.state.objects.get('host-pairing-key');
  if (held !== undefined && equalPublicBytes(held, key)) return;
  memory.commit((before) => ({ ...before, objects: new Map([...before.objects, ['host-pairing-key', key.slice()]]) }));
}
