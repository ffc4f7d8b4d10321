import { MqttError, type MqttFault } from './mqtt-error.ts';
import type { ClientPacket, Packet, ServerPacket } from './packet.ts';
import { readAuth } from './packets/auth.ts';
import { readConnack } from './packets/connack.ts';
import { readConnect } from './packets/connect.ts';
import { readDisconnect } from './packets/disconnect.ts';
import { readPingreq } from './packets/pingreq.ts';
import { readPingresp } from './packets/pingresp.ts';
import { readPuback } from './packets/puback.ts';
import { readPubcomp } from './packets/pubcomp.ts';
import { publishFlagsFlaw, readPublish } from './packets/publish.ts';
import { readPubrec } from './packets/pubrec.ts';
import { readPubrel } from './packets/pubrel.ts';
import { readSuback } from './packets/suback.ts';
import { readSubscribe } from './packets/subscribe.ts';
import { readUnsuback } from './packets/unsuback.ts';
import { readUnsubscribe } from './packets/unsubscribe.ts';
import { type PacketKind, type ProtocolVersion, packetKind } from './protocol.ts';
import { PacketReader } from './reader.ts';

/**
 * Cuts a byte stream into packets and decodes them.
 *
 * It takes chunks of any size, one byte included, never reserves memory because of a declared length, and judges the
 * fixed header as soon as it is there. Whatever the peer sends, `next` returns a packet, returns undefined when it
 * needs more bytes, or throws {@link MqttError}; after that the stream is dead: every call throws the same error, and
 * what is pushed is dropped. What is held is bounded when `next` is called until it wants more: less than one packet.
 * It does *not* know sessions: which packet makes sense when is the connection's business, except that the first
 * packet of a client is CONNECT and that there is only one.
 *
 * Payloads and binary properties share memory with the chunks: copy what is kept.
 */
export class PacketDecoder<P extends Packet> {
  readonly #receiver: 'server' | 'client';
  #version: ProtocolVersion | undefined;
  #packetSizeMax: number;
  #bytes: Uint8Array = NOTHING;
  #at = 0;
  #end = 0;
  #failure: MqttError | undefined;

  private constructor(receiver: 'server' | 'client', version: ProtocolVersion | undefined, packetSizeMax: number) {
    this.#receiver = receiver;
    this.#version = version;
    this.#packetSizeMax = packetSizeMax;
  }

  /** Decodes what clients send; the version is learnt from CONNECT. */
  static forServer(packetSizeMax: number): PacketDecoder<ClientPacket> {
    return new PacketDecoder('server', undefined, packetSizeMax);
  }

  /** Decodes what a server sends to a client of the given version. */
  static forClient(version: ProtocolVersion, packetSizeMax: number): PacketDecoder<ServerPacket> {
    return new PacketDecoder('client', version, packetSizeMax);
  }

  /** Known once CONNECT has been decoded. */
  get version(): ProtocolVersion | undefined {
    return this.#version;
  }

  /** Bytes that wait for the rest of their packet: fewer than the greatest packet has, once `next` wants more. */
  get waiting(): number {
    return this.#end - this.#at;
  }

  /** Bytes of a whole packet, fixed header included, from the next packet on. */
  set packetSizeMax(value: number) {
    this.#packetSizeMax = value;
  }

  push(chunk: Uint8Array): void {
    if (this.#failure !== undefined) return;
    const left = this.#end - this.#at;
    if (left === 0) {
      this.#bytes = chunk;
      this.#at = 0;
      this.#end = chunk.length;
      return;
    }
    // A chunk of the transport has no room behind its end: what has room is a buffer of our own. What was handed out
    // lies before the end, and is never written to again.
    if (this.#bytes.length - this.#end < chunk.length) {
      // Growing by doubling keeps a packet that comes in crumbs at linear cost, and at twice what has really arrived.
      const grown = new Uint8Array(Math.max(left + chunk.length, left * 2));
      grown.set(this.#bytes.subarray(this.#at, this.#end));
      this.#bytes = grown;
      this.#at = 0;
      this.#end = left;
    }
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  next(): P | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return this.#decodeNext();
    } catch (error) {
      if (error instanceof MqttError) {
        this.#failure = error;
        this.#release();
      }
      throw error;
    }
  }

  #decodeNext(): P | undefined {
    if (this.#at === this.#end) return undefined;
    const first = this.#bytes[this.#at] ?? 0;
    const kind = this.#checkFirstByte(first);
    const header = this.#remainingLength(kind);
    if (header === undefined) return undefined;
    this.#checkFlags(kind, first & 0x0f);
    const bodyStart = this.#at + header.size;
    if (header.size + header.remaining > this.#packetSizeMax) {
      throw this.#fault(kind, 'packet-too-large', `${header.remaining} bytes, ${this.#packetSizeMax} are the most`);
    }
    if (this.#end - bodyStart < header.remaining) return undefined;
    const bytes = this.#bytes;
    const end = bodyStart + header.remaining;
    this.#at = end;
    // An idle connection must not keep its last chunk alive.
    if (end === this.#end) this.#release();
    const packet = this.#decodeBody(kind, first & 0x0f, { bytes, start: bodyStart, end });
    if (packet.kind === 'connect') this.#version = packet.version;
    // The direction was checked with the header, so the packet is one of P.
    return packet as P;
  }

  #release(): void {
    this.#bytes = NOTHING;
    this.#at = 0;
    this.#end = 0;
  }

  /** What can be refused before the length is known: a stream that is not MQTT is not listened to any longer. */
  #checkFirstByte(first: number): PacketKind {
    const kind = packetKind(first >> 4);
    if (this.#version === undefined && kind !== 'connect') {
      throw this.#fault(kind, 'first-packet', 'the first packet is not CONNECT [MQTT-3.1.0-1]');
    }
    if (kind === undefined) throw this.#fault(kind, 'packet-type', 'packet type 0 is reserved');
    return kind;
  }

  #remainingLength(kind: PacketKind): { readonly remaining: number; readonly size: number } | undefined {
    let remaining = 0;
    for (let size = 1; size <= 4; size++) {
      if (this.#at + size >= this.#end) return undefined;
      const byte = this.#bytes[this.#at + size] ?? 0;
      remaining |= (byte & 0x7f) << (7 * (size - 1));
      if (byte < 0x80) {
        if (byte === 0 && size > 1) break;
        return { remaining, size: size + 1 };
      }
    }
    throw this.#fault(kind, 'remaining-length', 'remaining length is no variable byte integer [MQTT-1.5.5-1]');
  }

  #checkFlags(kind: PacketKind, flags: number): void {
    const peer = this.#receiver === 'server' ? 'client' : 'server';
    const wrongWay = !maySend(peer, kind, this.#version);
    if (kind === 'connack' && wrongWay) throw this.#fault(kind, 'packet-type', 'a server sends no CONNACK to a server');
    if (kind === 'connect' && this.#receiver === 'server' && this.#version !== undefined) {
      throw this.#fault(kind, 'second-connect', 'a second CONNECT [MQTT-3.1.0-2]');
    }
    const flaw = kind === 'publish' ? publishFlagsFlaw(flags) : undefined;
    if (flaw !== undefined) throw this.#fault(kind, 'publish-flags', flaw);
    if (!areReservedFlags(flags, kind, this.#version)) {
      throw this.#fault(kind, 'reserved-flags', `flags are 0x${flags.toString(16)} [MQTT-2.1.3-1]`);
    }
    if (wrongWay) throw this.#fault(kind, 'packet-type', `a ${this.#receiver} does not take ${kind.toUpperCase()}`);
  }

  #decodeBody(kind: PacketKind, flags: number, { bytes, start, end }: Body): Packet {
    if (kind === 'connect') return readConnect(bytes.subarray(start, end), flags);
    sharedReader.open(bytes, { start, end }, { packet: kind, version: this.#version });
    const fromClient = this.#receiver === 'server';
    try {
      if (kind === 'publish') return readPublish(sharedReader, { flags, fromClient });
      return readers[kind](sharedReader, fromClient);
    } finally {
      sharedReader.open(NOTHING, NOWHERE, NO_CONTEXT);
    }
  }

  #fault(packet: PacketKind | undefined, fault: MqttFault, detail: string): MqttError {
    return new MqttError(fault, { packet, version: this.#version }, detail);
  }
}

/** Where the body of a packet lies. */
interface Body {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

const NOTHING: Uint8Array = new Uint8Array(0);
const NOWHERE = { start: 0, end: 0 } as const;
const NO_CONTEXT = { packet: undefined, version: undefined } as const;

/** A packet is decoded in one go, so that one reader serves all decoders; in between it holds nothing. */
const sharedReader = new PacketReader(NOTHING, NO_CONTEXT);

/** Who sends which packet (MQTT 5.0 §2.1.2, direction of flow). */
const sender: Readonly<Record<PacketKind, 'client' | 'server' | 'both'>> = {
  connect: 'client',
  connack: 'server',
  publish: 'both',
  puback: 'both',
  pubrec: 'both',
  pubrel: 'both',
  pubcomp: 'both',
  subscribe: 'client',
  suback: 'server',
  unsubscribe: 'client',
  unsuback: 'server',
  pingreq: 'client',
  pingresp: 'server',
  disconnect: 'both',
  auth: 'both',
};

function maySend(peer: 'client' | 'server', kind: PacketKind, version: ProtocolVersion | undefined): boolean {
  // Before version 5 there was no AUTH, and DISCONNECT came from clients only.
  if (version !== 5 && kind === 'auth') return false;
  if (version !== 5 && kind === 'disconnect') return peer === 'client';
  return sender[kind] === 'both' || sender[kind] === peer;
}

/** The flags that are not PUBLISH's. Those of CONNECT are judged with its version. */
function areReservedFlags(flags: number, kind: PacketKind, version: ProtocolVersion | undefined): boolean {
  if (kind === 'publish' || kind === 'connect') return true;
  if (kind !== 'pubrel' && kind !== 'subscribe' && kind !== 'unsubscribe') return flags === 0;
  // These travel as QoS 1, and in MQTT 3.1 a repeated one has DUP set (§2.1).
  return flags === 2 || (version === 3 && flags === 10);
}

type Read = (reader: PacketReader, fromClient: boolean) => Packet;

const readers: Readonly<Record<Exclude<PacketKind, 'connect' | 'publish'>, Read>> = {
  connack: readConnack,
  puback: readPuback,
  pubrec: readPubrec,
  pubrel: readPubrel,
  pubcomp: readPubcomp,
  subscribe: readSubscribe,
  suback: readSuback,
  unsubscribe: readUnsubscribe,
  unsuback: readUnsuback,
  pingreq: readPingreq,
  pingresp: readPingresp,
  disconnect: readDisconnect,
  auth: readAuth,
};
