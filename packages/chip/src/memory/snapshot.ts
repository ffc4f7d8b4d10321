import { ByteReader, BytesError, ByteWriter, encodeUtf8, equalPublicBytes } from '@keystile/bytes';
import { decodeField, encodeField } from '@keystile/link';
import type { FuseRecord } from './fuse.ts';
import { type PartState, partStateFields } from './part-state.ts';
import { seal, unseal } from './seal.ts';

/**
 * One generation of the memory as it rests: a header in clear, which is authenticated, and the sealed state.
 *
 *   magic (4) · part tag (16) · generation (u64) · snapshot that it follows (32) · sealed state
 *
 * A snapshot is named by the salt of its seal: a MAC over header and state.
 */
const MAGIC = encodeUtf8('KSN1');
const NAME_LENGTH = 32;
const TAG_LENGTH = 16;
const HEADER_LENGTH = 4 + TAG_LENGTH + 8 + NAME_LENGTH;

export interface Snapshot {
  readonly generation: number;
  /** The name of the snapshot that was current when this one was made. */
  readonly follows: Uint8Array;
  readonly state: PartState;
}

export type OpenedSnapshot =
  | ({ readonly kind: 'whole'; readonly name: Uint8Array } & Snapshot)
  | { readonly kind: 'foreign' }
  | { readonly kind: 'damaged' };

export function encodeSnapshot(fuses: FuseRecord, snapshot: Snapshot): { bytes: Uint8Array; name: Uint8Array } {
  const header = new ByteWriter(HEADER_LENGTH)
    .bytes(MAGIC)
    .bytes(fuses.partTag)
    .u64(snapshot.generation)
    .bytes(snapshot.follows)
    .finish();
  const sealed = seal(fuses.memoryKey, header, encodeField(partStateFields, snapshot.state));
  const bytes = new ByteWriter(header.length + sealed.length).bytes(header).bytes(sealed).finish();
  return { bytes, name: sealed.slice(0, NAME_LENGTH) };
}

export function openSnapshot(fuses: FuseRecord, bytes: Uint8Array): OpenedSnapshot {
  if (bytes.length < HEADER_LENGTH) return { kind: 'damaged' };
  const reader = new ByteReader(bytes);
  const magic = reader.bytes(MAGIC.length);
  const partTag = reader.bytes(TAG_LENGTH);
  if (!equalPublicBytes(magic, MAGIC)) return { kind: 'damaged' };
  if (!equalPublicBytes(partTag, fuses.partTag)) return { kind: 'foreign' };
  const sealed = bytes.subarray(HEADER_LENGTH);
  const plaintext = unseal(fuses.memoryKey, bytes.subarray(0, HEADER_LENGTH), sealed);
  if (plaintext === undefined) return { kind: 'damaged' };
  try {
    const generation = reader.u64();
    const follows = reader.bytes(NAME_LENGTH).slice();
    const state = decodeField(partStateFields, plaintext);
    return { kind: 'whole', generation, follows, state, name: sealed.slice(0, NAME_LENGTH) };
  } catch (error) {
    // Sealed by this part and yet not of this format: by another version of the firmware.
    if (error instanceof BytesError || error instanceof TypeError) return { kind: 'damaged' };
    throw error;
  }
}
