import {
  type ClientPacket,
  encodePacket,
  MqttError,
  PacketDecoder,
  type ProtocolVersion,
  type ServerPacket,
} from '@keystile/mqtt';
import { OUTBOX_BYTES_MAX, PACKET_SIZE_BEFORE_CONNECT_MAX } from '../limits.ts';
import { sentenceOf } from '../refusal.ts';
import type { Connected } from './connected.ts';
import type { Ending } from './ending.ts';
import type { ExpectAuth } from './expect-auth.ts';
import { ExpectConnect } from './expect-connect.ts';
import type { BrokerParts, Peer } from './parts.ts';

/**
 * One client connection as a machine: bytes and the time in; bytes and the wish to close out. No socket, no timer.
 *
 *   ExpectConnect ───── CONNECT admitted ─────► Connected ──► Ended
 *     │    └── a method named ──► ExpectAuth ──────▲            ▲
 *     └──────────────── any Ending, from anywhere ──────────────┘
 *
 * Whatever a client sends ends in a packet for the state, or in an `Ending`: nothing is ever thrown at the caller.
 */
export class Connection implements ConnectionLink {
  readonly parts: BrokerParts;
  readonly peer: Peer;
  readonly #onOutput: (connection: Connection) => void;
  readonly #onHeldBack: (connection: Connection) => void;
  readonly #openedAtMs: number;
  readonly #decoder = PacketDecoder.forServer(PACKET_SIZE_BEFORE_CONNECT_MAX);
  #state: ConnectionState = new ExpectConnect(this);
  #outbox: Uint8Array[] = [];
  #outboxBytes = 0;
  #transportFull = false;
  #nowMs: number;
  #lastPacketMs: number;
  #restUntilMs = 0;
  #clientPacketSizeMax = Number.POSITIVE_INFINITY;

  constructor(start: ConnectionStart) {
    this.parts = start.parts;
    this.peer = start.peer;
    this.#onOutput = start.onOutput;
    this.#onHeldBack = start.onHeldBack;
    this.#nowMs = start.nowMs;
    this.#openedAtMs = start.nowMs;
    this.#lastPacketMs = start.nowMs;
  }

  get ended(): boolean {
    return this.#state.kind === 'ended';
  }

  get congested(): boolean {
    return this.#transportFull || this.#outboxBytes >= OUTBOX_BYTES_MAX;
  }

  /** The state, when the client is admitted: for the broker, which looks for sessions and identities. */
  get connected(): Connected | undefined {
    return this.#state.kind === 'connected' ? this.#state : undefined;
  }

  /** Milliseconds that the client is not to be read from: it has sent more than it may in this time. */
  restMs(nowMs: number): number {
    return this.ended ? 0 : Math.max(0, this.#restUntilMs - nowMs);
  }

  receive(chunk: Uint8Array, nowMs: number): void {
    if (this.ended) return;
    this.#nowMs = nowMs;
    this.#decoder.push(chunk);
    try {
      while (!this.ended) {
        const packet = this.#decoder.next();
        if (packet === undefined) return;
        this.#lastPacketMs = nowMs;
        this.#advance(this.#state.handle(packet, nowMs), nowMs);
      }
    } catch (error) {
      if (!(error instanceof MqttError)) throw error;
      this.end({ kind: 'malformed', error }, nowMs);
    }
  }

  /** The transport is gone: without a DISCONNECT before, the will is due. */
  transportClosed(nowMs: number): void {
    this.end({ kind: 'transport' }, nowMs);
  }

  /**
   * The transport tells whether it takes more; while it does not, messages queue in the session, and how long that may last
   * is the driver's to judge: the keep alive is not counted.
   */
  setCongested(congested: boolean, nowMs: number): void {
    this.#transportFull = congested;
    this.#nowMs = nowMs;
    // The driver may not have read meanwhile, so the client's silence says nothing.
    this.#lastPacketMs = nowMs;
    if (!congested) this.connected?.session.pump(nowMs);
  }

  /** Lets the session go on with what a full outbox or the end of its turn held back. */
  takeTurn(): void {
    this.connected?.session.takeTurn(this.#nowMs);
  }

  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    if (this.#transportFull) return;
    // While the client is not read from, its silence says nothing.
    const lastPacketMs = Math.max(this.#lastPacketMs, this.#restUntilMs);
    const ending = this.#state.overdue({ openedAtMs: this.#openedAtMs, lastPacketMs }, nowMs);
    if (ending !== undefined) this.end(ending, nowMs);
  }

  end(ending: Ending, nowMs: number): void {
    if (this.#state.kind === 'ended') return;
    this.#advance(ending, nowMs);
  }

  /** Takes what is to be written, and whether the transport is to be closed after it. */
  takeOutput(): { readonly chunks: readonly Uint8Array[]; readonly close: boolean } {
    const chunks = this.#outbox;
    this.#outbox = [];
    this.#outboxBytes = 0;
    return { chunks, close: this.ended };
  }

  set packetSizeMax(value: number) {
    this.#decoder.packetSizeMax = value;
  }

  set clientPacketSizeMax(value: number) {
    this.#clientPacketSizeMax = value;
  }

  rest(untilMs: number): void {
    this.#restUntilMs = untilMs;
  }

  /** The session has more to send. A full transport tells when it takes more; otherwise the next output is the time. */
  askForTurn(): void {
    if (!this.#transportFull && !this.ended) this.#onHeldBack(this);
  }

  /** False when the packet is larger than the client takes [MQTT-3.1.2-24]. A reason string is left out first. */
  send(packet: ServerPacket, version: ProtocolVersion): boolean {
    if (this.sendBytes(encodePacket(packet, version))) return true;
    if (!('properties' in packet) || packet.properties.reasonString === undefined) return false;
    const { reasonString: _, ...properties } = packet.properties;
    return this.sendBytes(encodePacket({ ...packet, properties }, version));
  }

  sendBytes(bytes: Uint8Array): boolean {
    // An acknowledgement that waited for the store may come when the last packet has been sent.
    if (this.ended || bytes.length > this.#clientPacketSizeMax) return false;
    this.#outbox.push(bytes);
    this.#outboxBytes += bytes.length;
    this.#onOutput(this);
    return true;
  }

  #advance(step: Step, nowMs: number): void {
    const before = this.#state;
    const ending = isEnding(step) ? step : undefined;
    if (ending !== undefined) before.farewell(ending);
    this.#state = isEnding(step) ? ended : step;
    if (ending === undefined) return;
    this.#onOutput(this);
    before.leave(ending, nowMs);
    this.#logEnding(before, ending);
  }

  #logEnding(before: ConnectionState, ending: Ending): void {
    const { log } = this.parts;
    const who = {
      identity: this.peer.credentials.identity.urn,
      remote: this.peer.remote,
      ...(before.kind === 'connected' && { clientId: before.clientId }),
    };
    const event = before.kind === 'connected' ? 'disconnected' : 'refused';
    switch (ending.kind) {
      case 'malformed':
        return log({ level: 'warn', event, code: 'KS-B110', sentence: ending.error.message, ...who });
      case 'refused':
        return log({ level: 'warn', event, code: ending.refusal.code, sentence: sentenceOf(ending.refusal), ...who });
      case 'server':
        return log({
          level: 'info',
          event,
          ...(ending.code && { code: ending.code }),
          sentence: ending.sentence,
          ...who,
        });
      case 'client':
      case 'transport':
        return log({ level: 'info', event: 'disconnected', sentence: ending.kind, ...who });
    }
  }
}

export interface ConnectionStart {
  readonly parts: BrokerParts;
  readonly peer: Peer;
  readonly nowMs: number;
  /** Told whenever there is something to take with `takeOutput`. */
  readonly onOutput: (connection: Connection) => void;
  /** Told when `takeTurn` is to be called before the next output is taken. */
  readonly onHeldBack: (connection: Connection) => void;
}

/** The connection as its states see it. */
export interface ConnectionLink {
  readonly parts: BrokerParts;
  readonly peer: Peer;
  readonly congested: boolean;
  /** Bytes of a packet that the client may send. */
  packetSizeMax: number;
  /** Bytes of a packet that the client takes. */
  clientPacketSizeMax: number;
  askForTurn(): void;
  /** Asks the driver not to read from the client before then. */
  rest(untilMs: number): void;
  send(packet: ServerPacket, version: ProtocolVersion): boolean;
  sendBytes(bytes: Uint8Array): boolean;
  end(ending: Ending, nowMs: number): void;
}

export type Step = ExpectConnect | ExpectAuth | Connected | Ending;
type ConnectionState = ExpectConnect | ExpectAuth | Connected | Ended;

/** What every state answers. */
export interface StateBehaviour {
  handle(packet: ClientPacket, nowMs: number): Step;
  /** Sends the last packet that the version has for this ending, if any. */
  farewell(ending: Ending): void;
  /** Gives up what the state holds. */
  leave(ending: Ending, nowMs: number): void;
  overdue(since: { readonly openedAtMs: number; readonly lastPacketMs: number }, nowMs: number): Ending | undefined;
}

interface Ended extends StateBehaviour {
  readonly kind: 'ended';
}

const ended: Ended = {
  kind: 'ended',
  handle: () => ({ kind: 'transport' }),
  farewell: () => undefined,
  leave: () => undefined,
  overdue: () => undefined,
};

function isEnding(step: Step): step is Ending {
  return step.kind !== 'expect-connect' && step.kind !== 'expect-auth' && step.kind !== 'connected';
}
