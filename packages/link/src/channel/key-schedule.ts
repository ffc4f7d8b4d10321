import { createHash, createHmac } from 'node:crypto';
import { ByteWriter, concatBytes, encodeUtf8 } from '@keystile/bytes';

/**
 * From the four shared secrets of a pairing exchange to its keys; `docs/reference/pairing.md` has it with a worked
 * example. Whoever lacks either private key of a side lacks one of the four, and every output depends on all of them and
 * on all four public keys.
 *
 *   transcript = SHA-256("Keystile pairing 1" ‖ 0 ‖ host static ‖ part static ‖ host ephemeral ‖ part ephemeral)
 *   secret     = HKDF-Extract(salt = transcript, X25519 of: both statics ‖ host ephemeral, part static
 *                             ‖ host static, part ephemeral ‖ both ephemerals)
 *   output     = HKDF-Expand(secret, label, length)                     SHA-256, RFC 5869
 */
export interface PairingKeys {
  readonly hostStatic: Uint8Array;
  readonly partStatic: Uint8Array;
  readonly hostEphemeral: Uint8Array;
  readonly partEphemeral: Uint8Array;
}

/** Key and initial vector of one direction. */
export interface DirectionKeys {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
}

export interface PairingSecrets {
  readonly partConfirmation: Uint8Array;
  readonly hostConfirmation: Uint8Array;
  readonly hostToPart: DirectionKeys;
  readonly partToHost: DirectionKeys;
}

const PROTOCOL = encodeUtf8('Keystile pairing 1\0');
export const CONFIRMATION_LENGTH = 32;
const KEY_LENGTH = 32;
const IV_LENGTH = 12;
const HASH_LENGTH = 32;

export function pairingTranscript(keys: PairingKeys): Uint8Array {
  const hash = createHash('sha256').update(PROTOCOL);
  for (const key of [keys.hostStatic, keys.partStatic, keys.hostEphemeral, keys.partEphemeral]) hash.update(key);
  return new Uint8Array(hash.digest());
}

/** `shared` are the four secrets in the order above; they are overwritten. */
export function pairingSecrets(transcript: Uint8Array, shared: readonly Uint8Array[]): PairingSecrets {
  const joined = concatBytes(...shared);
  for (const each of shared) each.fill(0);
  const secret = createHmac('sha256', transcript).update(joined).digest();
  joined.fill(0);
  const direction = (label: string): DirectionKeys => {
    const output = expand(secret, label, KEY_LENGTH + IV_LENGTH);
    return { key: output.subarray(0, KEY_LENGTH), iv: output.subarray(KEY_LENGTH) };
  };
  const secrets = {
    partConfirmation: expand(secret, 'part confirmation', CONFIRMATION_LENGTH),
    hostConfirmation: expand(secret, 'host confirmation', CONFIRMATION_LENGTH),
    hostToPart: direction('host to part'),
    partToHost: direction('part to host'),
  };
  secret.fill(0);
  return secrets;
}

/** Overwrites what nobody will use. */
export function wipeSecrets({ partConfirmation, hostConfirmation, hostToPart, partToHost }: PairingSecrets): void {
  const { key, iv } = hostToPart;
  for (const each of [partConfirmation, hostConfirmation, key, iv, partToHost.key, partToHost.iv]) each.fill(0);
}

/** HKDF-Expand, RFC 5869 §2.3, on HMAC: `hkdfSync` costs several times as much. */
function expand(secret: Uint8Array, label: string, length: number): Uint8Array {
  const info = encodeUtf8(label);
  const output = new ByteWriter(length + HASH_LENGTH);
  let previous: Uint8Array = new Uint8Array(0);
  for (let counter = 1; output.length < length; counter++) {
    previous = createHmac('sha256', secret).update(previous).update(info).update(Uint8Array.of(counter)).digest();
    output.bytes(previous);
  }
  return output.finish().subarray(0, length);
}
