import { ByteReader, BytesError, ByteWriter } from '@keystile/bytes';
import { type Field, record, text } from './fields.ts';

/**
 * The first byte of every response. Each refusal names the condition that failed; the text after it carries the
 * public error code and a sentence about the case. The order is part of the protocol and only grows at its end.
 */
export const statusNames = [
  'ok',
  'unknown-command',
  'malformed',
  'life-cycle',
  'role',
  'boot',
  'tamper',
  'purpose',
  'version',
  'throttle',
  'pairing',
  'no-session',
  'limit',
  'verification',
  'name',
  'object',
  'time',
  'storage',
  'internal',
] as const;

export type StatusName = (typeof statusNames)[number];

/** Bytes of the sentence in a refusal: enough for two server names and a reason. */
const REFUSAL_DETAIL_MAX = 700;

const refusalFields = record({ code: text(16), detail: text(REFUSAL_DETAIL_MAX) });

/** Why the part said no: the condition that failed, the public code (`KS-…`) and a sentence about this case. */
export interface Refusal {
  readonly status: Exclude<StatusName, 'ok'>;
  readonly code: string;
  readonly detail: string;
}

export type Response<T> =
  | { readonly kind: 'accepted'; readonly value: T }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export function encodeAccepted<T>(field: Field<T>, value: T): Uint8Array {
  const writer = new ByteWriter();
  writer.u8(0);
  field.write(writer, value);
  return writer.finish();
}

export function encodeRefused(refusal: Refusal): Uint8Array {
  const writer = new ByteWriter();
  writer.u8(statusNames.indexOf(refusal.status));
  const detail = truncate(refusal.detail);
  refusalFields.write(writer, { code: refusal.code, detail });
  return writer.finish();
}

/** Throws `BytesError` when the bytes are neither an accepted response of this shape nor a refusal. */
export function decodeResponse<T>(field: Field<T>, bytes: Uint8Array): Response<T> {
  const reader = new ByteReader(bytes);
  const status = statusNames[reader.u8()] ?? 'internal';
  if (status === 'ok') {
    const value = field.read(reader);
    reader.end();
    return { kind: 'accepted', value };
  }
  const { code, detail } = refusalFields.read(reader);
  reader.end();
  return { kind: 'refused', refusal: { status, code, detail } };
}

/** The refusal that the bytes are, whatever command they answer; undefined when they are none. */
export function decodeRefusal(bytes: Uint8Array): Refusal | undefined {
  try {
    const response = decodeResponse(record({}), bytes);
    return response.kind === 'refused' ? response.refusal : undefined;
  } catch (error) {
    if (error instanceof BytesError) return undefined;
    throw error;
  }
}

/** Cuts at a character boundary: a sentence that names hostile, long input must not make the refusal unsendable. */
function truncate(detail: string): string {
  let kept = '';
  let length = 0;
  for (const character of detail) {
    length += new TextEncoder().encode(character).length;
    if (length > REFUSAL_DETAIL_MAX) break;
    kept += character;
  }
  return kept;
}
