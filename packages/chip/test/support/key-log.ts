import { createHmac } from 'node:crypto';
import { concatBytes, encodeUtf8, fromHex } from '@keystile/bytes';
import type { Secret } from './leaks.ts';

/** One line of OpenSSL's key log: the secret, and the record keys and the next generation that follow from it. */
export function trafficSecrets(line: string): Secret[] {
  const [label = '', , hex = ''] = line.split(' ');
  const bytes = fromHex(hex);
  const next = expandLabel(bytes, 'traffic upd', bytes.length);
  return [
    { name: label, bytes },
    ...recordKeys(label, bytes),
    { name: `${label}, next`, bytes: next },
    ...recordKeys(`${label}, next`, next),
  ];
}

function recordKeys(name: string, secret: Uint8Array): Secret[] {
  return [
    { name: `${name}: key`, bytes: expandLabel(secret, 'key', secret.length === 48 ? 32 : 16) },
    { name: `${name}: iv`, bytes: expandLabel(secret, 'iv', 12) },
    { name: `${name}: finished key`, bytes: expandLabel(secret, 'finished', secret.length) },
  ];
}

/** RFC 8446 §7.1, for outputs of one hash at most: HMAC(secret, length ‖ label ‖ empty context ‖ 1). */
export function expandLabel(secret: Uint8Array, label: string, length: number): Uint8Array {
  const full = encodeUtf8(`tls13 ${label}`);
  const info = concatBytes(Uint8Array.of(0, length, full.length), full, Uint8Array.of(0, 1));
  return createHmac(secret.length === 48 ? 'sha384' : 'sha256', secret)
    .update(info)
    .digest()
    .subarray(0, length);
}
