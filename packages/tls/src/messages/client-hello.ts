import { ByteReader, ByteWriter } from '@keystile/bytes';
import { protocolVersions } from '../codepoints.ts';
import { type Extension, type ExtensionBlock, encodeExtensions, readExtensions } from '../extensions/extension.ts';
import { decodeAll, encodeMessage } from './message.ts';

/** ClientHello, RFC 8446 §4.1.2. */
export interface ClientHello {
  /** 32 bytes. */
  readonly random: Uint8Array;
  /** 32 bytes in middlebox compatibility mode (§D.4). */
  readonly sessionId: Uint8Array;
  readonly cipherSuites: readonly number[];
}

export function encodeClientHello(hello: ClientHello, extensions: readonly Extension[]): Uint8Array {
  const suites = new ByteWriter();
  for (const code of hello.cipherSuites) suites.u16(code);
  const body = new ByteWriter(512)
    .u16(protocolVersions.legacy)
    .bytes(hello.random)
    .vector8(hello.sessionId)
    .vector16(suites.finish())
    .vector8(noCompression)
    .bytes(encodeExtensions(extensions))
    .finish();
  return encodeMessage('ClientHello', body);
}

/** For a server: the engine itself never receives one. */
export function decodeClientHello(body: Uint8Array): ClientHello & { readonly extensions: ExtensionBlock } {
  return decodeAll('ClientHello', body, (reader) => {
    reader.u16();
    const random = reader.bytes(32);
    const sessionId = reader.vector8();
    const suites = new ByteReader(reader.vector16());
    const cipherSuites: number[] = [];
    while (suites.remaining > 0) cipherSuites.push(suites.u16());
    reader.vector8();
    return { random, sessionId, cipherSuites, extensions: readExtensions(reader) };
  });
}

const noCompression = Uint8Array.of(0);
