import { concatBytes } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';

/** The DER that TLS carries, from r ‖ s as PKCS#11 tokens and WebCrypto give it (RFC 3279 §2.2.3). Throws `KS-T134`. */
export function ecdsaSignatureOf(raw: Uint8Array): Uint8Array {
  if (raw.length !== 64 && raw.length !== 96) {
    throw new KeystileError('KS-T134', `the signer gave ${raw.length} bytes where r ‖ s has 64 or 96`);
  }
  const half = raw.length / 2;
  const numbers = concatBytes(derInteger(raw.subarray(0, half)), derInteger(raw.subarray(half)));
  return concatBytes(Uint8Array.of(tagSequence, numbers.length), numbers);
}

/** Non-negative, in the fewest bytes. */
function derInteger(magnitude: Uint8Array): Uint8Array {
  let start = 0;
  while (start < magnitude.length - 1 && magnitude[start] === 0) start++;
  const digits = magnitude.subarray(start);
  const sign = (digits[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : new Uint8Array(0);
  return concatBytes(Uint8Array.of(tagInteger, sign.length + digits.length), sign, digits);
}

const tagInteger = 0x02;
const tagSequence = 0x30;
