import { ByteWriter } from '@keystile/bytes';

/** psk_key_exchange_modes, RFC 8446 §4.2.9: psk_dhe_ke alone. A key without a fresh (EC)DHE secret is never used. */
export function encodePskModes(): Uint8Array {
  return new ByteWriter().vector8(Uint8Array.of(pskDheKe)).finish();
}

const pskDheKe = 1;
