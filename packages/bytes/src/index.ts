export { concatBytes, decodeUtf8, encodeUtf8, equalPublicBytes, fromHex, toHex } from './encoding.ts';
export { ByteReader, BytesError } from './reader.ts';
export { ByteWriter } from './writer.ts';
