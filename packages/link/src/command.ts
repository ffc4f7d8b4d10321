import { ByteReader, ByteWriter } from '@keystile/bytes';
import type { Field } from './fields.ts';

/** The groups of the command reference (ARCHITECTURE section 4.2). */
export type CommandGroup =
  | 'system'
  | 'objects'
  | 'maker'
  | 'provision'
  | 'keys'
  | 'boot'
  | 'time'
  | 'tls'
  | 'trace'
  | 'pairing';

/** One command of the secure IC: its opcode and the layout of both directions. */
export interface Command<Request, Result> {
  readonly name: string;
  /** First byte of the request. */
  readonly opcode: number;
  readonly group: CommandGroup;
  /** One sentence for the protocol reference. */
  readonly summary: string;
  readonly request: Field<Request>;
  readonly result: Field<Result>;
}

/** States a command; it exists so that its types are inferred from the two layouts. */
export function command<Request, Result>(description: Command<Request, Result>): Command<Request, Result> {
  return description;
}

/** Opcode, then the fields. */
export function encodeRequest<Request>(of: Command<Request, unknown>, request: Request): Uint8Array {
  const writer = new ByteWriter();
  writer.u8(of.opcode);
  of.request.write(writer, request);
  return writer.finish();
}

/** Decodes what follows the opcode; throws `BytesError`. */
export function decodeRequest<Request>(of: Command<Request, unknown>, bytes: Uint8Array): Request {
  const reader = new ByteReader(bytes);
  reader.u8();
  const request = of.request.read(reader);
  reader.end();
  return request;
}
