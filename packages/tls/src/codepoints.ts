/**
 * The names and numbers that Keystile's TLS can negotiate. What is not here cannot be offered, and what was not
 * offered is refused: RSA, CBC, SHA-1, static key exchange and anonymous suites cannot be expressed.
 */

/** RFC 8446 §B.4; those with a key exchange in their name are of TLS 1.2: RFC 5289 §3.2 and RFC 7251 §2. */
export const cipherSuiteCodes = {
  TLS_AES_128_GCM_SHA256: 0x1301,
  TLS_AES_256_GCM_SHA384: 0x1302,
  TLS_AES_128_CCM_SHA256: 0x1304,
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 0xc02b,
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 0xc02c,
  TLS_ECDHE_ECDSA_WITH_AES_128_CCM: 0xc0ac,
} as const;
export type CipherSuite = keyof typeof cipherSuiteCodes;

/** RFC 8446 §4.2.7; X25519MLKEM768 from RFC 10024. */
export const groupCodes = {
  'P-256': 0x0017,
  'P-384': 0x0018,
  X25519: 0x001d,
  X25519MLKEM768: 0x11ec,
} as const;
export type Group = keyof typeof groupCodes;

/** RFC 8446 §4.2.3. A scheme names curve and hash at once; TLS 1.2, where it could mean less, is held to the same. */
export const signatureSchemeCodes = {
  ecdsa_secp256r1_sha256: 0x0403,
  ecdsa_secp384r1_sha384: 0x0503,
} as const;
export type SignatureScheme = keyof typeof signatureSchemeCodes;

/** The versions that a policy can list. */
export type TlsVersion = '1.3' | '1.2';

/** `legacy` is what TLS 1.3 calls the number of TLS 1.2, which it keeps in every record and hello. */
export const protocolVersions = { legacy: 0x0303, tls12: 0x0303, tls13: 0x0304 } as const;

/** The name of a code point in one of the tables above, or undefined if Keystile does not know it. */
export function nameOf<Name extends string>(codes: Readonly<Record<Name, number>>, code: number): Name | undefined {
  for (const name in codes) if (codes[name] === code) return name;
  return undefined;
}

/** The same for an error's sentence: unknown ones as hexadecimal. */
export function describeCode(codes: Readonly<Record<string, number>>, code: number): string {
  return nameOf(codes, code) ?? `0x${code.toString(16).padStart(4, '0')}`;
}
