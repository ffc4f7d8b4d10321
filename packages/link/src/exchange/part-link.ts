import { ByteReader, ByteWriter, equalPublicBytes } from '@keystile/bytes';
import { decodeFrame, encodeFrame, type Frame, type FrameKind, PAYLOAD_DEFAULT, PAYLOAD_MAX } from '../frame/frame.ts';
import { encodeRefused } from '../status.ts';
import { cutMessage, MESSAGE_MAX, MessageAssembly } from './message.ts';

/**
 * The part's side of the link: one bus transaction in, one frame to be fetched out.
 *
 * A frame with the sequence number of the last one is a retransmission: the cached reply is sent again and nothing is
 * carried out twice, so that a lost reply never repeats a signature or a counter step. It does no I/O: the driver
 * hands in what was written to the part and fetches `reply` when the master reads.
 *
 *   host                                part
 *   data seq 1 more ────────────────►   keeps the piece
 *                   ◄──────────────── proceed seq 1
 *   data seq 2      ────────────────►   handles the request
 *                   ◄──────────────── data seq 2 more
 *   proceed seq 3   ────────────────►
 *                   ◄──────────────── data seq 3
 */
export interface PartLinkOptions {
  /** Carries out one request. It must not reject: refusals are responses. */
  readonly handle: (request: Uint8Array) => Uint8Array | Promise<Uint8Array>;
  /** Largest frame payload that this part accepts, {@link PAYLOAD_DEFAULT} to {@link PAYLOAD_MAX}. */
  readonly payloadMax?: number;
  /** Called whenever a reply becomes available: the ready line. */
  readonly onReady?: () => void;
}

export class PartLink {
  readonly #options: PartLinkOptions;
  readonly #payloadLimit: number;
  #payloadMax = PAYLOAD_DEFAULT;
  #sequence: number | undefined;
  /** The frame that `#sequence` came with, to tell a retransmission from another frame with its number. */
  #last: Uint8Array | undefined;
  #reply: Uint8Array | undefined;
  /** The reply to `#sequence`, for a retransmission. */
  #lastReply: Uint8Array | undefined;
  #working = false;
  #epoch = 0;
  readonly #request = new MessageAssembly();
  #response: Uint8Array[] = [];

  constructor(options: PartLinkOptions) {
    this.#options = options;
    this.#payloadLimit = Math.min(options.payloadMax ?? PAYLOAD_MAX, PAYLOAD_MAX);
  }

  /** What the next read of the master gets, or undefined while the part is at work. */
  get reply(): Uint8Array | undefined {
    return this.#reply;
  }

  /** Takes what the master wrote in one transaction. */
  receive(transaction: Uint8Array): void {
    const frame = decodeFrame(transaction, PAYLOAD_MAX);
    if (frame === undefined) return this.#answer(this.#sequence ?? 0, 'repeat');
    if (frame.kind === 'resynchronise') return this.#resynchronise(frame);
    if (this.#sequence === undefined) return this.#answer(frame.sequence, 'repeat');
    if (frame.sequence === this.#sequence) return this.#repeated(frame, transaction);
    if (frame.sequence !== next(this.#sequence) || this.#working) return this.#answer(this.#sequence, 'repeat');
    this.#sequence = frame.sequence;
    this.#last = transaction.slice();
    this.#reply = undefined;
    this.#lastReply = undefined;
    if (frame.kind === 'proceed') return this.#sendNextPiece();
    this.#take(frame);
  }

  #resynchronise(frame: Frame): void {
    if (frame.payload.length !== 2) return this.#answer(frame.sequence, 'repeat');
    this.#epoch++;
    this.#working = false;
    this.#request.clear();
    this.#response = [];
    this.#sequence = frame.sequence;
    this.#last = undefined;
    const wanted = new ByteReader(frame.payload).u16();
    this.#payloadMax = Math.max(1, Math.min(wanted, this.#payloadLimit));
    this.#answer(frame.sequence, 'resynchronise', new ByteWriter(2).u16(this.#payloadMax).finish());
  }

  #repeated(frame: Frame, transaction: Uint8Array): void {
    if (this.#last === undefined || !equalPublicBytes(this.#last, transaction)) {
      return this.#answer(frame.sequence, 'repeat');
    }
    if (this.#working) return this.#answer(frame.sequence, 'busy');
    if (this.#lastReply !== undefined) this.#offer(this.#lastReply);
  }

  #take(frame: Frame): void {
    const message = this.#request.add(frame);
    if (message === 'too-long') return this.#conclude(frame.sequence, 'repeat');
    if (message === undefined) return this.#conclude(frame.sequence, 'proceed');
    this.#working = true;
    void this.#carryOut(message, this.#epoch);
  }

  async #carryOut(request: Uint8Array, epoch: number): Promise<void> {
    const response = bounded(await this.#options.handle(request));
    if (epoch !== this.#epoch) return;
    this.#working = false;
    this.#response = [...cutMessage(response, this.#payloadMax)];
    this.#sendNextPiece();
  }

  #sendNextPiece(): void {
    const piece = this.#response.shift();
    const sequence = this.#sequence ?? 0;
    if (piece === undefined) return this.#conclude(sequence, 'repeat');
    const frame: Frame = { sequence, kind: 'data', more: this.#response.length > 0, secured: false, payload: piece };
    this.#lastReply = encodeFrame(frame);
    this.#offer(this.#lastReply);
  }

  /** Answers and keeps the answer for a retransmission. */
  #conclude(sequence: number, kind: FrameKind): void {
    this.#lastReply = control(sequence, kind);
    this.#offer(this.#lastReply);
  }

  #answer(sequence: number, kind: FrameKind, payload?: Uint8Array): void {
    this.#offer(control(sequence, kind, payload));
  }

  #offer(reply: Uint8Array): void {
    this.#reply = reply;
    this.#options.onReady?.();
  }
}

/** A response that the link cannot carry is the part's own fault and is said, not lost. */
function bounded(response: Uint8Array): Uint8Array {
  if (response.length <= MESSAGE_MAX) return response;
  return encodeRefused({ status: 'internal', code: 'KS-L104', detail: `a response of ${response.length} bytes` });
}

export function next(sequence: number): number {
  return (sequence + 1) & 0xff;
}

function control(sequence: number, kind: FrameKind, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  return encodeFrame({ sequence, kind, more: false, secured: false, payload });
}
