import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { type Frame, frameHeader } from '../frame/frame.ts';
import type { DirectionKeys, PairingSecrets } from './key-schedule.ts';

/**
 * Seals the payloads of data frames, one side of a channel between a host and its part.
 *
 *   sealed payload = AES-256-GCM(key of the direction, nonce = iv XOR counter, additional data = the frame's header)
 *                    ‖ tag (16)
 *
 * The counter is not sent: it counts the sealed frames of a direction, and the link carries each once and in order. So
 * a frame that is altered, left out, repeated or put elsewhere does not open, and one that does not open closes the
 * channel for ever. The header is authenticated with the length that the sealed payload has.
 */
export const SEAL_LENGTH = 16;
/**
 * Frames of one direction before the keys must change. At 4 KiB each that is 2^32 blocks under one key, which keeps
 * an attacker's advantage against AES-GCM below 2^-64; the host makes a new channel at half of it.
 */
export const CHANNEL_FRAMES_MAX: number = 2 ** 24;

export interface ChannelOptions {
  /** The host's static public key: whom the part talks to. */
  readonly hostKey: Uint8Array;
  /** Taken over: the channel overwrites them. */
  readonly sending: DirectionKeys;
  readonly receiving: DirectionKeys;
  /** At most {@link CHANNEL_FRAMES_MAX}, which it is when absent. */
  readonly framesMax?: number;
}

export class SecureChannel {
  readonly hostKey: Uint8Array;
  readonly #sending: Direction;
  readonly #receiving: Direction;
  readonly #framesMax: number;
  #isOpen = true;

  constructor(options: ChannelOptions) {
    this.hostKey = options.hostKey;
    this.#sending = directionOf(options.sending);
    this.#receiving = directionOf(options.receiving);
    this.#framesMax = Math.min(options.framesMax ?? CHANNEL_FRAMES_MAX, CHANNEL_FRAMES_MAX);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Time for new keys: there is room left for the longest message, and not for ever. */
  get isHalfSpent(): boolean {
    return Math.max(this.#sending.counter, this.#receiving.counter) * 2 >= this.#framesMax;
  }

  /** Undefined once the channel is closed or its frames are used up, which closes it. */
  seal(frame: Frame): Frame | undefined {
    const next = this.#next(this.#sending);
    if (next === undefined) return undefined;
    const { length } = frame.payload;
    const payload = new Uint8Array(length + SEAL_LENGTH);
    const cipher = createCipheriv('aes-256-gcm', next.key, next.nonce);
    cipher.setAAD(sealedHeader(frame, payload.length));
    payload.set(cipher.update(frame.payload));
    cipher.final();
    payload.set(cipher.getAuthTag(), length);
    return { ...frame, secured: true, payload };
  }

  /** The payload of a sealed frame. Undefined when it is not the next one that the other side sealed; that closes. */
  open(frame: Frame): Uint8Array | undefined {
    const end = frame.payload.length - SEAL_LENGTH;
    const next = end < 0 ? undefined : this.#next(this.#receiving);
    const payload = next && decrypted(next, frame);
    if (payload === undefined) this.close();
    return payload;
  }

  /** Forgets the keys. It may be repeated. */
  close(): void {
    this.#isOpen = false;
    for (const direction of [this.#sending, this.#receiving]) {
      direction.key = undefined;
      direction.iv.fill(0);
    }
  }

  #next(direction: Direction): FrameKey | undefined {
    if (direction.counter >= this.#framesMax) this.close();
    const { key } = direction;
    if (key === undefined) return undefined;
    const nonce = direction.iv.slice();
    const view = new DataView(nonce.buffer);
    view.setUint32(NONCE_TAIL, view.getUint32(NONCE_TAIL) ^ direction.counter);
    direction.counter++;
    return { key, nonce };
  }
}

/** Where the last 32 bits of a nonce begin; {@link CHANNEL_FRAMES_MAX} fits them. */
const NONCE_TAIL = 8;

interface Direction {
  /** Undefined once the channel is closed. As a key object a frame costs a quarter of what it costs with bytes. */
  key: KeyObject | undefined;
  readonly iv: Uint8Array;
  counter: number;
}

interface FrameKey {
  readonly key: KeyObject;
  readonly nonce: Uint8Array;
}

function directionOf({ key, iv }: DirectionKeys): Direction {
  const direction = { key: createSecretKey(key), iv: iv.slice(), counter: 0 };
  for (const each of [key, iv]) each.fill(0);
  return direction;
}

export function hostChannel(hostKey: Uint8Array, secrets: PairingSecrets, framesMax?: number): SecureChannel {
  return channelOf(hostKey, { sending: secrets.hostToPart, receiving: secrets.partToHost }, framesMax);
}

export function partChannel(hostKey: Uint8Array, secrets: PairingSecrets, framesMax?: number): SecureChannel {
  return channelOf(hostKey, { sending: secrets.partToHost, receiving: secrets.hostToPart }, framesMax);
}

function channelOf(
  hostKey: Uint8Array,
  keys: Pick<ChannelOptions, 'sending' | 'receiving'>,
  framesMax: number | undefined,
): SecureChannel {
  return new SecureChannel({ hostKey, ...keys, ...(framesMax === undefined ? {} : { framesMax }) });
}

function decrypted({ key, nonce }: FrameKey, frame: Frame): Uint8Array | undefined {
  const end = frame.payload.length - SEAL_LENGTH;
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: SEAL_LENGTH });
  decipher.setAAD(sealedHeader(frame, frame.payload.length));
  decipher.setAuthTag(frame.payload.subarray(end));
  const payload = decipher.update(frame.payload.subarray(0, end));
  try {
    decipher.final();
    // Not a Buffer, whose slice would not copy.
    return new Uint8Array(payload.buffer, payload.byteOffset, payload.length);
  } catch {
    payload.fill(0);
    return undefined;
  }
}

function sealedHeader(frame: Frame, length: number): Uint8Array {
  return frameHeader({ ...frame, secured: true }, length);
}
