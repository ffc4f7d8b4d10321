import { randomBytes } from 'node:crypto';
import { KeystileError } from '@keystile/errors';
import { crc16 } from '../../src/frame/crc16.ts';
import {
  callCommand,
  commands,
  decodeRequest,
  encodeAccepted,
  encodeRefused,
  HostExchange,
  HostLink,
  PartExchange,
  type RequestOrigin,
  type SecureChannel,
  X25519Key,
} from '../../src/index.ts';
import { FlakyBus, type FlakyBusOptions } from '../exchange/flaky-bus.ts';

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

export interface PairedLinkOptions extends Omit<FlakyBusOptions, 'handle'> {
  readonly framesMax?: number;
}

/** A host and a part that know each other, over a bus that a test may spoil. The part answers a message by its reverse. */
export class PairedLink {
  readonly bus: FlakyBus;
  readonly link: HostLink;
  /** Messages that the part carried out. */
  readonly carriedOut: Uint8Array[] = [];
  /** Exchanges that the host has begun. */
  exchanges = 0;
  readonly #hostKey = new X25519Key(random(32));
  readonly #partKey = new X25519Key(random(32));
  readonly #limit: { readonly framesMax?: number };

  constructor({ framesMax, ...options }: PairedLinkOptions = {}) {
    this.#limit = framesMax === undefined ? {} : { framesMax };
    this.bus = new FlakyBus({
      payloadMax: 1024,
      ...options,
      handle: (request, origin) => this.#handle(request, origin),
    });
    this.link = new HostLink(this.bus, { now: this.bus.now, openChannel: (inClear) => this.#openChannel(inClear) });
  }

  async #openChannel(inClear: (request: Uint8Array) => Promise<Uint8Array>): Promise<SecureChannel> {
    this.exchanges++;
    const host = new HostExchange({ staticKey: this.#hostKey, random, ...this.#limit });
    const { channel, finish } = host.accept(await callCommand(inClear, commands.pairBegin, host.request));
    await callCommand(inClear, commands.pairFinish, finish);
    return channel;
  }

  /** A new channel by an exchange that the one before it seals. */
  async renewWithin(): Promise<void> {
    this.link.useChannel(await this.#openChannel((request) => this.link.exchange(request)));
  }

  #handle(request: Uint8Array, { sealedBy, pairing }: RequestOrigin): Uint8Array {
    const isExchange = request[0] === commands.pairBegin.opcode || request[0] === commands.pairFinish.opcode;
    if (sealedBy !== undefined && !isExchange) {
      this.carriedOut.push(request.slice());
      return request.toReversed();
    }
    try {
      return this.#pair(request, pairing);
    } catch (error) {
      const code = error instanceof KeystileError ? error.code : 'KS-C170';
      return encodeRefused({ status: 'pairing', code, detail: 'not sealed' });
    }
  }

  #pair(request: Uint8Array, pairing: RequestOrigin['pairing']): Uint8Array {
    if (request[0] === commands.pairBegin.opcode) {
      const begin = decodeRequest(commands.pairBegin, request);
      const exchange = new PartExchange({ staticKey: this.#partKey, random, ...this.#limit }, begin);
      pairing.begin(exchange);
      return encodeAccepted(commands.pairBegin.result, { ...exchange.answer, evidence: new Uint8Array(0) });
    }
    const channel = pairing.takeExchange()?.finish(decodeRequest(commands.pairFinish, request));
    if (channel === undefined) throw new KeystileError('KS-C173');
    pairing.open(channel);
    return encodeAccepted(commands.pairFinish.result, {});
  }
}

/** The frame with one byte changed and a CRC that is right again: the work of somebody, not of noise. */
export function forged(frame: Uint8Array, at: number, mask = 0x01): Uint8Array {
  const changed = frame.slice();
  changed[at] = (changed[at] ?? 0) ^ mask;
  return withCrc(changed);
}

function withCrc(frame: Uint8Array): Uint8Array {
  const fixed = frame.slice();
  new DataView(fixed.buffer).setUint16(fixed.length - 2, crc16(fixed.subarray(1, -2)));
  return fixed;
}
