import { ByteReader, BytesError, ByteWriter } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';

/** RFC 8446 §B.3 and, for TLS 1.2, RFC 5246 §7.4 and RFC 6066 §8. Which may come when is for the states to say. */
export const handshakeTypes = {
  HelloRequest: 0,
  ClientHello: 1,
  ServerHello: 2,
  NewSessionTicket: 4,
  EncryptedExtensions: 8,
  Certificate: 11,
  ServerKeyExchange: 12,
  CertificateRequest: 13,
  ServerHelloDone: 14,
  CertificateVerify: 15,
  ClientKeyExchange: 16,
  Finished: 20,
  CertificateStatus: 22,
  KeyUpdate: 24,
} as const;

export type HandshakeType = keyof typeof handshakeTypes;

/** One whole handshake message as it was received. */
export interface HandshakeMessage {
  readonly type: number;
  readonly body: Uint8Array;
  /** Header and body: what the transcript hashes. */
  readonly encoded: Uint8Array;
}

/** Puts the four-byte header before a body, RFC 8446 §4. */
export function encodeMessage(type: HandshakeType, body: Uint8Array): Uint8Array {
  return new ByteWriter(4 + body.length).u8(handshakeTypes[type]).vector24(body).finish();
}

/** Runs a decoder over all of `body`: what it cannot read, or leaves unread, is `KS-T111`. */
export function decodeAll<Result>(name: string, body: Uint8Array, decode: (reader: ByteReader) => Result): Result {
  try {
    const reader = new ByteReader(body);
    const result = decode(reader);
    reader.end();
    return result;
  } catch (error) {
    if (error instanceof BytesError) throw new KeystileError('KS-T111', `${name}: ${error.message}`);
    throw error;
  }
}

/** A vector that its standard says is never empty. */
export function nonEmptyVector(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) throw new BytesError('an empty vector where the standard asks for at least one entry');
  return bytes;
}
