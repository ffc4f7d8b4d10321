import { ByteWriter, equalPublicBytes, fromHex } from '@keystile/bytes';
import { type Extension, ExtensionBlock, encodeExtensions, readExtensions } from '../extensions/extension.ts';
import { decodeAll, encodeMessage } from './message.ts';

/** ServerHello and HelloRetryRequest, which is a ServerHello with a fixed random (RFC 8446 §4.1.3, §4.1.4). */
export interface ServerHello {
  readonly legacyVersion: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly cipherSuite: number;
  readonly compression: number;
}

export interface ReceivedServerHello extends ServerHello {
  readonly isRetryRequest: boolean;
  readonly extensions: ExtensionBlock;
}

export function decodeServerHello(body: Uint8Array): ReceivedServerHello {
  return decodeAll('ServerHello', body, (reader) => {
    const legacyVersion = reader.u16();
    const random = reader.bytes(32);
    const sessionId = reader.vector8();
    const cipherSuite = reader.u16();
    const compression = reader.u8();
    // TLS 1.2 lets a ServerHello end here; such a server is refused for what it lacks, not as malformed.
    const extensions = reader.remaining === 0 ? new ExtensionBlock(new Map()) : readExtensions(reader);
    const isRetryRequest = equalPublicBytes(random, retryRequestRandom);
    return { legacyVersion, random, sessionId, cipherSuite, compression, isRetryRequest, extensions };
  });
}

/** For a server: the engine itself never sends one. */
export function encodeServerHello(hello: ServerHello, extensions: readonly Extension[]): Uint8Array {
  const body = new ByteWriter()
    .u16(hello.legacyVersion)
    .bytes(hello.random)
    .vector8(hello.sessionId)
    .u16(hello.cipherSuite)
    .u8(hello.compression)
    .bytes(encodeExtensions(extensions))
    .finish();
  return encodeMessage('ServerHello', body);
}

/**
 * RFC 8446 §4.1.3: a server that could do better than the version it chooses says so in the end of its random. What it
 * could do, of the versions that matter here: `TLS 1.2` stands for that or better.
 */
export function sentinelOf(random: Uint8Array): 'TLS 1.3' | 'TLS 1.2' | undefined {
  const end = random.subarray(24);
  if (equalPublicBytes(end, downgradeToTls12)) return 'TLS 1.3';
  return equalPublicBytes(end, downgradeToTls11) ? 'TLS 1.2' : undefined;
}

/** SHA-256 of "HelloRetryRequest". */
export const retryRequestRandom = fromHex('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c');

/** "DOWNGRD" and a byte for the version. */
const downgradeToTls12 = fromHex('444f574e47524401');
const downgradeToTls11 = fromHex('444f574e47524400');
