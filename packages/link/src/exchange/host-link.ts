import { ByteReader, ByteWriter, concatBytes } from '@keystile/bytes';
import { isErrorCode, KeystileError } from '@keystile/errors';
import type { Exchange } from '../call.ts';
import { SEAL_LENGTH, type SecureChannel } from '../channel/secure-channel.ts';
import {
  decodeFrame,
  encodeFrame,
  FRAME_HEADER_LENGTH,
  FRAME_START,
  type Frame,
  frameLength,
  PAYLOAD_DEFAULT,
  PAYLOAD_MAX,
  PAYLOAD_MIN,
} from '../frame/frame.ts';
import { decodeRefusal } from '../status.ts';
import type { BusMaster, LinkCounters } from './bus-master.ts';
import { cutMessage, MESSAGE_MAX, MessageAssembly } from './message.ts';
import { next } from './part-link.ts';

/**
 * The host's side of the link: a request in, its response out, over a bus that loses and damages frames.
 *
 * Stop and wait: one frame each way, retransmitted with its sequence number until the answer is whole. Exchanges are
 * queued; one is under way at a time. After a failure the next exchange begins with a resynchronisation and, where
 * host and part are paired, with a new channel. What was under way when a channel broke is not sent again: whoever broke
 * it may have let the request through and kept the answer.
 */
export interface HostLinkOptions {
  /** Milliseconds of a clock that only moves forward. */
  readonly now: () => number;
  /** Largest frame payload to ask the part for, up to {@link PAYLOAD_MAX}. */
  readonly payloadMax?: number;
  readonly replyTimeoutMs?: number;
  /**
   * Makes the channel that seals all that follows, by exchanges in clear. Asked for whenever there is none, or when
   * the one there is has half of its frames behind it; undefined: the exchange goes in clear.
   */
  readonly openChannel?: (inClear: Exchange) => Promise<SecureChannel | undefined>;
}

/** A P-256 signature takes the slowest real part 0.3 s; twice that is a lost reply. */
const REPLY_TIMEOUT_MS = 2000;
/** A part that keeps saying `busy` is given this long: the slowest whole command of a real part takes under 3 s. */
const BUSY_LIMIT_MS = 30_000;
/** At a frame error rate of 1 % this fails once in 10^10 exchanges. */
const ATTEMPTS = 5;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export class HostLink {
  readonly #bus: BusMaster;
  readonly #options: HostLinkOptions;
  readonly #counters: Writable<LinkCounters> = {
    frames: 0,
    bytes: 0,
    exchanges: 0,
    polls: 0,
    retransmissions: 0,
    crcErrors: 0,
  };
  #payloadMax = PAYLOAD_DEFAULT;
  #sequence = 0;
  #synchronised = false;
  #channel: SecureChannel | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(bus: BusMaster, options: HostLinkOptions) {
    this.#bus = bus;
    this.#options = options;
  }

  get counters(): LinkCounters {
    return { ...this.#counters };
  }

  /** Frame payload that both sides have agreed on. */
  get payloadMax(): number {
    return this.#payloadMax;
  }

  /** Bytes of a message that one frame carries. */
  get pieceMax(): number {
    return this.#payloadMax - (this.#channel === undefined ? 0 : SEAL_LENGTH);
  }

  /** Seals what follows by `channel` until it ends. */
  useChannel(channel: SecureChannel): void {
    this.#channel?.close();
    this.#channel = channel;
  }

  /**
   * Carries a request to the part and its response back. Throws `KS-L100` (no answer), `KS-L101` (not this protocol),
   * `KS-L104` (too long), `KS-L110` or `KS-L111` (the channel broke), what making a channel throws, or what the bus
   * throws; then it is not known whether the part carried the request out.
   */
  exchange(request: Uint8Array): Promise<Uint8Array> {
    const result = this.#queue.then(() => this.#exchangeNow(request));
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #exchangeNow(request: Uint8Array): Promise<Uint8Array> {
    if (request.length > MESSAGE_MAX) {
      throw new KeystileError('KS-L104', `a request of ${request.length} bytes where the link carries ${MESSAGE_MAX}`);
    }
    try {
      if (!this.#synchronised) await this.#resynchronise();
      if (this.#channel === undefined || this.#channel.isHalfSpent) await this.#openChannel();
      return await this.#carry(request, this.#channel);
    } catch (error) {
      this.#synchronised = false;
      this.#dropChannel();
      throw error;
    }
  }

  async #openChannel(): Promise<void> {
    const channel = await this.#options.openChannel?.((request) => this.#carry(request, undefined));
    this.#dropChannel();
    this.#channel = channel;
  }

  #dropChannel(): void {
    this.#channel?.close();
    this.#channel = undefined;
  }

  async #carry(request: Uint8Array, channel: SecureChannel | undefined): Promise<Uint8Array> {
    const first = await this.#send(request, channel);
    return await this.#collect(first, channel);
  }

  /** Sends every piece; the answer to the last one begins the response. */
  async #send(request: Uint8Array, channel: SecureChannel | undefined): Promise<Frame> {
    const pieces = cutMessage(request, this.#payloadMax - (channel === undefined ? 0 : SEAL_LENGTH));
    let reply: Frame | undefined;
    for (const [index, payload] of pieces.entries()) {
      const more = index < pieces.length - 1;
      reply = await this.#transact({ kind: 'data', more, payload }, channel);
      if (more && reply.kind !== 'proceed') throw channel === undefined ? unexpected(reply) : broken(reply);
    }
    if (reply === undefined) throw new KeystileError('KS-L101', 'a message without a frame');
    return reply;
  }

  async #collect(first: Frame, channel: SecureChannel | undefined): Promise<Uint8Array> {
    const assembly = new MessageAssembly();
    for (
      let frame = first;
      ;
      frame = await this.#transact({ kind: 'proceed', more: false, payload: new Uint8Array(0) })
    ) {
      if (frame.kind !== 'data') throw unexpected(frame);
      const message = assembly.add({ more: frame.more, payload: payloadOf(frame, channel) });
      if (message === 'too-long') throw new KeystileError('KS-L104', `a response of more than ${MESSAGE_MAX} bytes`);
      if (message !== undefined) return message;
    }
  }

  async #resynchronise(): Promise<void> {
    const wanted = this.#options.payloadMax ?? PAYLOAD_MAX;
    const payload = new ByteWriter(2).u16(wanted).finish();
    const reply = await this.#transact({ kind: 'resynchronise', more: false, payload });
    if (reply.kind !== 'resynchronise' || reply.payload.length !== 2) throw unexpected(reply);
    const agreed = new ByteReader(reply.payload).u16();
    if (agreed < PAYLOAD_MIN || agreed > wanted)
      throw new KeystileError('KS-L101', `the part wants frames of ${agreed} bytes`);
    this.#payloadMax = agreed;
    this.#synchronised = true;
  }

  /** One frame to the part and the frame that answers it, however often it takes; a transaction that fails is a lost frame. */
  async #transact(content: Pick<Frame, 'kind' | 'more' | 'payload'>, channel?: SecureChannel): Promise<Frame> {
    this.#sequence = next(this.#sequence);
    const plain: Frame = { ...content, secured: false, sequence: this.#sequence };
    const sent = channel === undefined ? plain : channel.seal(plain);
    if (sent === undefined) throw new KeystileError('KS-L114', 'the frames of the channel are used up');
    const frame = encodeFrame(sent);
    this.#counters.exchanges++;
    let failure: KeystileError | undefined;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) this.#counters.retransmissions++;
      this.#count(frame.length);
      try {
        await this.#bus.write(frame);
        const reply = await this.#awaitReply();
        if (reply !== undefined && reply.sequence === this.#sequence && reply.kind !== 'repeat') return reply;
      } catch (error) {
        if (!(error instanceof KeystileError) || error.code !== 'KS-L124') throw error;
        failure = error;
      }
    }
    throw failure ?? new KeystileError('KS-L100', `no whole reply to frame ${this.#sequence} in ${ATTEMPTS} attempts`);
  }

  /** The next frame of the part; undefined when it was lost or damaged and the request should be sent again. */
  async #awaitReply(): Promise<Frame | undefined> {
    const timeoutMs = this.#options.replyTimeoutMs ?? REPLY_TIMEOUT_MS;
    const started = this.#options.now();
    for (let elapsed = 0; elapsed < timeoutMs; elapsed = this.#options.now() - started) {
      if (!(await this.#bus.ready(timeoutMs - elapsed))) return undefined;
      const header = await this.#bus.read(FRAME_HEADER_LENGTH);
      if (header === undefined || header[0] !== FRAME_START) {
        this.#counters.polls++;
        continue;
      }
      const frame = await this.#readBody(header);
      if (frame?.kind !== 'busy' || this.#options.now() - started > BUSY_LIMIT_MS) return frame;
    }
    return undefined;
  }

  async #readBody(header: Uint8Array): Promise<Frame | undefined> {
    const length = frameLength(header, this.#synchronised ? this.#payloadMax : PAYLOAD_MAX);
    const body = length === undefined ? undefined : await this.#bus.read(length - FRAME_HEADER_LENGTH);
    const frame = body === undefined ? undefined : decodeFrame(concatBytes(header, body), PAYLOAD_MAX);
    this.#count(header.length + (body?.length ?? 0));
    if (frame === undefined) this.#counters.crcErrors++;
    return frame;
  }

  #count(bytes: number): void {
    this.#counters.frames++;
    this.#counters.bytes += bytes;
  }
}

/** Throws `KS-L110` or `KS-L111` when the part did not send it under this channel. */
function payloadOf(frame: Frame, channel: SecureChannel | undefined): Uint8Array {
  if (channel === undefined) {
    if (frame.secured) throw new KeystileError('KS-L101', 'the part seals its answer to a request in clear');
    return frame.payload;
  }
  if (!frame.secured) throw broken(frame);
  const payload = channel.open(frame);
  if (payload !== undefined) return payload;
  throw new KeystileError('KS-L111', `frame ${frame.sequence} is not what the part sealed, or not the next one`);
}

/** The part has lost the channel, or somebody says so in its name: the sentence is a hint and no more. */
function broken(frame: Frame): KeystileError {
  const refusal = frame.kind === 'data' ? decodeRefusal(frame.payload) : undefined;
  const said = refusal !== undefined && isErrorCode(refusal.code) ? `says ${refusal.code}` : `answers ${frame.kind}`;
  return new KeystileError('KS-L110', `to a sealed request the part ${said}, in clear`);
}

function unexpected(frame: Frame): KeystileError {
  return new KeystileError('KS-L101', `the part answered ${frame.kind} where another frame belongs`);
}
