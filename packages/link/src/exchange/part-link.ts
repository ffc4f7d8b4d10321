import { ByteReader, ByteWriter, equalPublicBytes } from '@keystile/bytes';
import type { ErrorCode } from '@keystile/errors';
import { LinkPairing, type RequestOrigin } from '../channel/link-pairing.ts';
import { SEAL_LENGTH, type SecureChannel } from '../channel/secure-channel.ts';
import {
  decodeFrame,
  encodeFrame,
  type Frame,
  type FrameKind,
  PAYLOAD_DEFAULT,
  PAYLOAD_MAX,
  PAYLOAD_MIN,
} from '../frame/frame.ts';
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
 *
 * A request that came sealed is answered sealed by the same channel. The cached reply is the sealed one, so that a
 * retransmission repeats its ciphertext. What no honest host sends closes the channel: a frame that does not open, a
 * message half sealed, a sequence number with other bytes. So does a resynchronisation, since nobody knows then which
 * frames have arrived. The host makes a new one by a new exchange.
 */
export interface PartLinkOptions {
  /** Carries out one request. It must not reject: refusals are responses. */
  readonly handle: (request: Uint8Array, origin: RequestOrigin) => Uint8Array | Promise<Uint8Array>;
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
  readonly #pairing = new LinkPairing();
  readonly #request = new MessageAssembly();
  /** What seals the message under way, in both directions; undefined for one in clear. */
  #sealedBy: SecureChannel | undefined;
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
    this.#pairing.close();
    this.#sequence = frame.sequence;
    this.#last = undefined;
    const wanted = new ByteReader(frame.payload).u16();
    this.#payloadMax = Math.max(PAYLOAD_MIN, Math.min(wanted, this.#payloadLimit));
    this.#answer(frame.sequence, 'resynchronise', new ByteWriter(2).u16(this.#payloadMax).finish());
  }

  #repeated(frame: Frame, transaction: Uint8Array): void {
    if (this.#last === undefined || !equalPublicBytes(this.#last, transaction)) {
      this.#pairing.close();
      return this.#answer(frame.sequence, 'repeat');
    }
    if (this.#working) return this.#answer(frame.sequence, 'busy');
    if (this.#lastReply !== undefined) this.#offer(this.#lastReply);
  }

  #take(frame: Frame): void {
    const payload = this.#payloadOf(frame);
    if (payload === undefined) return;
    const message = this.#request.add({ more: frame.more, payload });
    if (message === 'too-long') return this.#conclude(frame.sequence, 'repeat');
    if (message === undefined) return this.#conclude(frame.sequence, 'proceed');
    this.#working = true;
    void this.#carryOut(message, this.#epoch);
  }

  /** What the frame carries; undefined when it was refused. */
  #payloadOf(frame: Frame): Uint8Array | undefined {
    if (!this.#request.hasBegun) this.#pairing.forgetReplaced();
    const channel = frame.secured ? this.#pairing.channel : undefined;
    if (frame.secured && channel === undefined)
      return this.#refuse('KS-L113', 'a sealed frame, and no channel is open');
    if (this.#request.hasBegun && channel !== this.#sealedBy) {
      return this.#refuse('KS-L112', 'one message was sealed in part');
    }
    this.#sealedBy = channel;
    if (channel === undefined) return frame.payload;
    return channel.open(frame) ?? this.#refuse('KS-L112', 'a sealed frame does not open');
  }

  /** Closes the channel and says why, in clear: there is nothing left to say it under. */
  #refuse(code: ErrorCode, detail: string): undefined {
    this.#pairing.close();
    this.#request.clear();
    this.#sealedBy = undefined;
    this.#respond(encodeRefused({ status: 'pairing', code, detail }));
  }

  async #carryOut(request: Uint8Array, epoch: number): Promise<void> {
    const origin = { sealedBy: this.#sealedBy, pairing: this.#pairing };
    const response = bounded(await this.#options.handle(request, origin));
    if (epoch !== this.#epoch) return;
    this.#working = false;
    this.#respond(response);
  }

  #respond(response: Uint8Array): void {
    const pieceMax = this.#payloadMax - (this.#sealedBy === undefined ? 0 : SEAL_LENGTH);
    this.#response = [...cutMessage(response, pieceMax)];
    this.#sendNextPiece();
  }

  #sendNextPiece(): void {
    const piece = this.#response.shift();
    const sequence = this.#sequence ?? 0;
    if (piece === undefined) return this.#conclude(sequence, 'repeat');
    const plain: Frame = { sequence, kind: 'data', more: this.#response.length > 0, secured: false, payload: piece };
    const frame = this.#sealedBy === undefined ? plain : this.#sealedBy.seal(plain);
    if (frame === undefined) return this.#refuse('KS-L114', 'the channel was closed before the response was out');
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
