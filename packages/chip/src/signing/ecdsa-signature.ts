import { ByteWriter } from '@keystile/bytes';

/**
 * r ‖ s as the DER SEQUENCE of two INTEGERs (RFC 3279 §2.2.3), the form that certificates and TLS use.
 * Both are below 2^256, so every length fits one byte.
 */
export function derOfSignature(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2;
  const integers = new ByteWriter();
  for (const each of [signature.subarray(0, half), signature.subarray(half)]) writeInteger(integers, each);
  return new ByteWriter().u8(0x30).vector8(integers.finish()).finish();
}

/** An INTEGER is as short as it can be and has a zero before it when its first bit is set. */
function writeInteger(writer: ByteWriter, magnitude: Uint8Array): void {
  const first = magnitude.findIndex((byte) => byte !== 0);
  const bytes = magnitude.subarray(first < 0 ? magnitude.length - 1 : first);
  const isHigh = (bytes[0] ?? 0) >= 0x80;
  writer.u8(0x02).u8(bytes.length + (isHigh ? 1 : 0));
  if (isHigh) writer.u8(0);
  writer.bytes(bytes);
}
