import { ByteWriter } from '@keystile/bytes';
import { decodeAll } from '../messages/message.ts';

/** supported_versions, RFC 8446 §4.2.1. */
export function encodeSupportedVersions(versions: readonly number[]): Uint8Array {
  const list = new ByteWriter();
  for (const version of versions) list.u16(version);
  return new ByteWriter().vector8(list.finish()).finish();
}

/** The server's form: the one version it selected. */
export function decodeSelectedVersion(data: Uint8Array): number {
  return decodeAll('supported_versions', data, (reader) => reader.u16());
}

export function encodeSelectedVersion(version: number): Uint8Array {
  return new ByteWriter().u16(version).finish();
}
