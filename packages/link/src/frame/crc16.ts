/**
 * CRC-16/IBM-3740 ("CCITT-FALSE"): polynomial 0x1021, initial value 0xFFFF, nothing reflected, no final XOR.
 * It finds every burst of up to 16 bits; it is no protection against an attacker, which is the pairing channel's work.
 */
const POLYNOMIAL = 0x1021;
const INITIAL = 0xffff;

const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte << 8;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder << 1) ^ (remainder & 0x8000 ? POLYNOMIAL : 0);
  return remainder & 0xffff;
});

export function crc16(bytes: Uint8Array): number {
  let remainder = INITIAL;
  for (const byte of bytes) remainder = ((remainder << 8) ^ (table[(remainder >> 8) ^ byte] ?? 0)) & 0xffff;
  return remainder;
}
