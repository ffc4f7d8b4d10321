import { createHash } from 'node:crypto';
import { ByteReader, ByteWriter, encodeUtf8, equalPublicBytes } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import type { RandomSource, Slot, SlotStorage } from '../ports.ts';

/**
 * The fuses: the keys of this one part, which generation of the memory is the current one, and the tamper latch.
 *
 * They lie apart from the memory that they seal. A record is written to the slot that does not hold the current one,
 * so a cut at any byte leaves the old record or the new one. Memory is written first and the fuses after it: between
 * the two, the memory is one generation ahead and names the snapshot that it follows, and only that is accepted.
 *
 *   magic (4) · sequence (u64) · part tag (16) · memory key (32) · wrapping key (32)
 *   · generation (u64) · snapshot (32) · tamper cause (u8, 0: none) · SHA-256 of all before (32)
 */
export interface FuseRecord {
  /** Counts the writes of the fuses: the record with the higher one is current. */
  readonly sequence: number;
  /** Names the part in the header of its memory. Not a secret. */
  readonly partTag: Uint8Array;
  readonly memoryKey: Uint8Array;
  /** Wraps the device keys. A tamper event overwrites it with zeros, and with it every copy of what it wrapped. */
  readonly wrappingKey: Uint8Array;
  /** Generation of the memory; 0 before the first. */
  readonly generation: number;
  /** The snapshot of that generation, by its salt, which depends on every byte of it. Zeros before the first. */
  readonly snapshot: Uint8Array;
  readonly tamperCause: TamperCause | undefined;
}

export const tamperCauses = ['pin', 'glitch', 'temperature'] as const;
export type TamperCause = (typeof tamperCauses)[number];

const MAGIC = encodeUtf8('KSF1');
const KEY_LENGTH = 32;
const TAG_LENGTH = 16;
const DIGEST_LENGTH = 32;
export const FUSE_RECORD_LENGTH = 165;

export class Fuses {
  readonly #storage: SlotStorage;
  #record: FuseRecord;
  #slot: Slot;
  /** Whether the record is on the storage; false only when the write of a tamper latch has failed. */
  #isStored = true;

  private constructor(storage: SlotStorage, record: FuseRecord, slot: Slot) {
    this.#storage = storage;
    this.#record = record;
    this.#slot = slot;
  }

  /** Undefined when there are no fuses yet. Throws `KS-C134` when there are and none is whole. */
  static open(storage: SlotStorage): Fuses | undefined {
    const bytes = [storage.read(0), storage.read(1)];
    const found = bytes.map((each) => (each === undefined ? undefined : decodeRecord(each)));
    const [first, second] = found;
    if (first === undefined && second === undefined) {
      if (bytes.every(isErased)) return undefined;
      throw new KeystileError('KS-C134', 'neither record in the fuse file is whole');
    }
    const slot: Slot = (second?.sequence ?? -1) > (first?.sequence ?? -1) ? 1 : 0;
    const record = slot === 1 ? second : first;
    if (record === undefined) throw new KeystileError('KS-C134');
    const fuses = new Fuses(storage, record, slot);
    // A cut between the latch and the erasure of the older record is made good here.
    if (record.tamperCause !== undefined && !isErased(bytes[slot === 0 ? 1 : 0])) fuses.#eraseOther();
    return fuses;
  }

  /** New fuses for a new part. */
  static burn(storage: SlotStorage, random: RandomSource): Fuses {
    const record: FuseRecord = {
      sequence: 1,
      partTag: random(TAG_LENGTH),
      memoryKey: random(KEY_LENGTH),
      wrappingKey: random(KEY_LENGTH),
      generation: 0,
      snapshot: new Uint8Array(DIGEST_LENGTH),
      tamperCause: undefined,
    };
    storage.write(0, encodeRecord(record));
    return new Fuses(storage, record, 0);
  }

  get record(): FuseRecord {
    return this.#record;
  }

  /** Makes a snapshot of the memory the current one. */
  advance(generation: number, snapshot: Uint8Array): void {
    this.#write({ ...this.#record, generation, snapshot });
  }

  /**
   * Destroys the wrapping key and remembers why, in one write; then also overwrites the older record. The key is gone
   * here before the storage is asked, so that a write that fails does not leave a part that works on.
   */
  latchTamper(tamperCause: TamperCause): void {
    if (this.#record.tamperCause !== undefined && this.#isStored) return;
    this.#record.wrappingKey.fill(0);
    this.#record = { ...this.#record, tamperCause: this.#record.tamperCause ?? tamperCause };
    this.#isStored = false;
    this.#write(this.#record);
    this.#isStored = true;
    this.#eraseOther();
  }

  #write(record: FuseRecord): void {
    const next = { ...record, sequence: this.#record.sequence + 1 };
    const slot: Slot = this.#slot === 0 ? 1 : 0;
    this.#storage.write(slot, encodeRecord(next));
    this.#record = next;
    this.#slot = slot;
  }

  #eraseOther(): void {
    this.#storage.write(this.#slot === 0 ? 1 : 0, new Uint8Array(FUSE_RECORD_LENGTH));
  }
}

function isErased(record: Uint8Array | undefined): boolean {
  return record === undefined || record.every((byte) => byte === 0);
}

/** The latch alone, for a part whose memory does not open. Without whole fuses there is nothing that a key could open. */
export function latchTamper(storage: SlotStorage, cause: TamperCause): void {
  Fuses.open(storage)?.latchTamper(cause);
}

function encodeRecord(record: FuseRecord): Uint8Array {
  const body = new ByteWriter(FUSE_RECORD_LENGTH)
    .bytes(MAGIC)
    .u64(record.sequence)
    .bytes(record.partTag)
    .bytes(record.memoryKey)
    .bytes(record.wrappingKey)
    .u64(record.generation)
    .bytes(record.snapshot)
    .u8(record.tamperCause === undefined ? 0 : tamperCauses.indexOf(record.tamperCause) + 1);
  return body.bytes(digest(body.finish())).finish();
}

/** Undefined for anything but a whole record. */
function decodeRecord(bytes: Uint8Array): FuseRecord | undefined {
  if (bytes.length !== FUSE_RECORD_LENGTH) return undefined;
  const body = bytes.subarray(0, FUSE_RECORD_LENGTH - DIGEST_LENGTH);
  if (!equalPublicBytes(digest(body), bytes.subarray(body.length))) return undefined;
  const reader = new ByteReader(body);
  if (!equalPublicBytes(reader.bytes(MAGIC.length), MAGIC)) return undefined;
  return {
    sequence: reader.u64(),
    partTag: reader.bytes(TAG_LENGTH).slice(),
    memoryKey: reader.bytes(KEY_LENGTH).slice(),
    wrappingKey: reader.bytes(KEY_LENGTH).slice(),
    generation: reader.u64(),
    snapshot: reader.bytes(DIGEST_LENGTH).slice(),
    tamperCause: tamperCauseOf(reader.u8()),
  };
}

/** A cause that only a later firmware has a name for is a tamper event all the same. */
function tamperCauseOf(number: number): TamperCause | undefined {
  return number === 0 ? undefined : (tamperCauses[number - 1] ?? 'pin');
}

function digest(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}
