import { ByteReader, BytesError, ByteWriter, decodeUtf8, encodeUtf8 } from '@keystile/bytes';
import { decodeAll, nonEmptyVector } from '../messages/message.ts';

/** application_layer_protocol_negotiation, RFC 7301 §3.1. */
export function encodeProtocols(names: readonly string[]): Uint8Array {
  const list = new ByteWriter();
  for (const name of names) list.vector8(encodeUtf8(name));
  return new ByteWriter().vector16(list.finish()).finish();
}

export function decodeProtocols(data: Uint8Array): readonly string[] {
  return decodeAll('application_layer_protocol_negotiation', data, (reader) => {
    const list = new ByteReader(nonEmptyVector(reader.vector16()));
    const names: string[] = [];
    while (list.remaining > 0) names.push(decodeUtf8(nonEmptyVector(list.vector8())));
    return names;
  });
}

/** The server's form: exactly one name. */
export function decodeSelectedProtocol(data: Uint8Array): string {
  const [name, ...others] = decodeProtocols(data);
  if (name === undefined || others.length > 0) {
    return decodeAll('application_layer_protocol_negotiation', data, () => {
      throw new BytesError(`${others.length + 1} names where the server must select one`);
    });
  }
  return name;
}
