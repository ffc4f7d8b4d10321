import { ByteReader } from '@keystile/bytes';
import { crc16 } from './crc16.ts';

/**
 * The frame, the unit that crosses the bus in one transaction (ARCHITECTURE section 4.1).
 *
 *      0        1          2          3      4      5 …           5 + length
 *   +--------+----------+----------+-------------+--------------+-------------+
 *   | start  | version  | sequence |   length    |   payload    |   CRC-16    |
 *   |  0xA7  | | flags  |          |   (u16)     |              | bytes 1 … n |
 *   +--------+----------+----------+-------------+--------------+-------------+
 *
 * The start byte tells a reply from an idle bus (0xFF on SPI). A frame fills one bus transaction, so a receiver never
 * hunts for a start byte inside damaged data: the next transaction begins anew.
 */
export interface Frame {
  /** 0 to 255; a retransmission repeats it. */
  readonly sequence: number;
  /** `data` carries a piece of a message; the rest steer the link. */
  readonly kind: FrameKind;
  /** More frames of the same message follow. */
  readonly more: boolean;
  /** The payload is sealed by the pairing channel. */
  readonly secured: boolean;
  readonly payload: Uint8Array;
}

/**
 * - `data`: a piece of a request or of a response.
 * - `proceed`: the part has a piece and wants the next one; the host has one and wants the next one.
 * - `busy`: the part is still at work on this sequence number.
 * - `repeat`: the frame arrived damaged or out of step; send it again.
 * - `resynchronise`: from the host: forget what is under way and continue from this sequence number; the payload is the
 *   largest frame payload that the host accepts (u16). The part answers with its own `resynchronise`.
 */
export type FrameKind = (typeof frameKinds)[number];
const frameKinds = ['data', 'proceed', 'busy', 'repeat', 'resynchronise'] as const;

export const FRAME_START = 0xa7;
/** Start, version and flags, sequence, length. */
export const FRAME_HEADER_LENGTH = 5;
const FRAME_CRC_LENGTH = 2;
/** Bytes of a frame that are not payload. */
export const FRAME_OVERHEAD: number = FRAME_HEADER_LENGTH + FRAME_CRC_LENGTH;
/** What both sides accept before they have agreed on more. */
export const PAYLOAD_DEFAULT = 1024;
/** The most that they can agree on: a part must hold two of these in RAM. */
export const PAYLOAD_MAX = 4096;
/** The least: a sealed payload carries sixteen bytes beside its own. */
export const PAYLOAD_MIN = 32;

export const PROTOCOL_VERSION = 1;
const VERSION_SHIFT = 5;
const FLAG_MORE = 0x10;
const FLAG_SECURED = 0x08;
const KIND_MASK = 0x07;

export function encodeFrame(frame: Frame): Uint8Array {
  const end = FRAME_HEADER_LENGTH + frame.payload.length;
  const bytes = new Uint8Array(end + FRAME_CRC_LENGTH);
  bytes.set(frameHeader(frame, frame.payload.length));
  bytes.set(frame.payload, FRAME_HEADER_LENGTH);
  const check = crc16(bytes.subarray(1, end));
  bytes[end] = check >> 8;
  bytes[end + 1] = check & 0xff;
  return bytes;
}

/** The first five bytes of a frame whose payload has `length` bytes. */
export function frameHeader(frame: Omit<Frame, 'payload'>, length: number): Uint8Array {
  const flags = (frame.more ? FLAG_MORE : 0) | (frame.secured ? FLAG_SECURED : 0) | frameKinds.indexOf(frame.kind);
  return Uint8Array.of(
    FRAME_START,
    (PROTOCOL_VERSION << VERSION_SHIFT) | flags,
    frame.sequence,
    length >> 8,
    length & 0xff,
  );
}

/** Length of the whole frame by its header, or undefined when the five bytes are no header of this protocol. */
export function frameLength(header: Uint8Array, payloadMax: number): number | undefined {
  const reader = new ByteReader(header);
  if (reader.u8() !== FRAME_START) return undefined;
  if (reader.u8() >> VERSION_SHIFT !== PROTOCOL_VERSION) return undefined;
  reader.u8();
  const length = reader.u16();
  return length > payloadMax ? undefined : length + FRAME_OVERHEAD;
}

/** The frame that `bytes` are, or undefined when they are damaged in any way. The payload shares their memory. */
export function decodeFrame(bytes: Uint8Array, payloadMax: number): Frame | undefined {
  if (bytes.length < FRAME_OVERHEAD || frameLength(bytes, payloadMax) !== bytes.length) return undefined;
  const end = bytes.length - FRAME_CRC_LENGTH;
  const reader = new ByteReader(bytes);
  reader.u8();
  const flags = reader.u8();
  const sequence = reader.u8();
  const payload = reader.vector16();
  if (reader.u16() !== crc16(bytes.subarray(1, end))) return undefined;
  const kind = frameKinds[flags & KIND_MASK];
  if (kind === undefined) return undefined;
  return { sequence, kind, more: (flags & FLAG_MORE) !== 0, secured: (flags & FLAG_SECURED) !== 0, payload };
}
