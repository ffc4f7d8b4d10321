import type { Socket } from 'node:net';
import { Transform } from 'node:stream';
import { EVIDENCE_METHOD, EVIDENCE_NONCE_LENGTH } from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import {
  type ConnackPacket,
  type ConnectPacket,
  encodePacket,
  PacketDecoder,
  type ProtocolVersion,
  Reason,
  ReturnCode,
  type ServerPacket,
} from '@keystile/mqtt';
import { type DeviceStream, type StreamOptions, stream } from '../stream.ts';
import type { ClientSecrets } from './client-secrets.ts';
import { type ForwardedConnect, forwardConnect, readConnect } from './connect.ts';
import type { AgentLog } from './log.ts';
import { nextPacket, PacketBoundaries, PacketTypes } from './packets.ts';
import { asKeystileError, farewell, malformedConnack, refusingConnack } from './refusal.ts';

/**
 * One local client and its connection through the part:
 *
 *   client ──CONNECT──► checked ──► + method ──────────────► TLS in the part ──► broker
 *                                   AUTH ◄── nonce ──────────────────────────────┤
 *                                   └─ EVIDENCE ─────────────────────────────────►
 *   client ◄─CONNACK──────────────── − method ◄──────────────────────────────────┤
 *   client ◄═══════════════ bytes as they are, both ways ═══════════════════════►
 *
 * After CONNACK only the borders of packets are followed: for AUTH, which the client must not send, and so that a last
 * DISCONNECT of the agent never lands inside of a packet. What a client leaves unread waits in the broker, not here.
 */
export interface RelayOptions {
  readonly dial: StreamOptions;
  readonly evidence: EvidenceUse;
  /** Demanded of the client when there are any. */
  readonly secrets: ClientSecrets | undefined;
  readonly log: AgentLog;
  /** Throws when the part cannot serve now; else the device's `<id>`. */
  readonly demandReady: () => Promise<string | undefined>;
}

/**
 * `demanded`: a client that cannot show evidence is refused here. `offered`: the broker decides. `none`: for a broker that
 * does not know it.
 */
export type EvidenceUse = 'demanded' | 'offered' | 'none';

/** Bytes of a client's CONNECT and of the broker's answers to it: what a broker takes as a packet by default. */
const PACKET_LENGTH_MAX = 1_048_576;
/** A client that says nothing, and a broker that does not answer. */
const CONNECT_MS = 5_000;
const CONNACK_MS = 30_000;
/** What is under way to a client when its connection ends is given this long. */
const FAREWELL_MS = 1_500;
/** A client that has got everything, the end included, and does not close its side. */
const LINGER_MS = 5_000;

/** Characters of a client id in the log; it may have 65,535. */
const NAME_MAX = 64;

export class ClientRelay {
  readonly #local: Socket;
  readonly #options: RelayOptions;
  #name: string;
  #stream: DeviceStream | undefined;
  #connect: ConnectPacket | undefined;
  #toClient: Outward | undefined;
  /** Why it ended, when nobody wanted it to. */
  #reason: KeystileError | undefined;
  /** Resolves when both connections are closed. Never rejects. */
  readonly finished: Promise<void>;

  constructor(local: Socket, name: string, options: RelayOptions) {
    this.#local = local;
    this.#name = name;
    this.#options = options;
    local.on('error', () => local.destroy());
    // Without a DISCONNECT: the broker publishes the client's will, unless the client itself has said goodbye.
    local.once('close', () => this.#stream?.destroy());
    const closed = new Promise<void>((resolve) => local.once('close', () => resolve()));
    this.finished = this.#run().then(() => closed);
  }

  /** Whether the part still has the session; true before there is one. Costs one exchange on the bus. */
  async isAlive(): Promise<boolean> {
    if (this.#stream === undefined || this.#stream.destroyed || !this.#stream.connected) return true;
    const has = await this.#stream.session().catch(() => undefined);
    return has !== undefined || this.#stream.destroyed;
  }

  /** Ends both connections and tells the client why, as far as its version of MQTT can. */
  end(reason: KeystileError): void {
    if (this.#reason !== undefined || this.#local.destroyed) return;
    this.#reason = reason;
    this.#log('warn', this.#toClient === undefined ? 'refused' : 'broken', reason.message);
    this.#leave(this.#toClient === undefined ? this.#refusal(reason) : undefined);
    this.#stream?.destroy();
  }

  async #run(): Promise<void> {
    try {
      await this.#establish();
    } catch (error) {
      if (!this.#local.destroyed) this.end(asKeystileError(error));
    }
  }

  async #establish(): Promise<void> {
    const read = nextPacket(this.#local, PACKET_LENGTH_MAX, PacketTypes.connect);
    const raw = await this.#within(CONNECT_MS, read, 'no CONNECT');
    if (raw === undefined) return void this.#local.destroy();
    const connect = readConnect(raw);
    this.#connect = connect;
    if (connect.clientId !== '') this.#name += ` '${connect.clientId.slice(0, NAME_MAX)}'`;
    const { secrets, evidence, demandReady, dial } = this.#options;
    const user = secrets?.check(connect);
    if (user !== undefined) this.#name += ` of ${user}`;
    this.#demandVersion(connect);
    const deviceId = await demandReady();
    const rules = { deviceId, addsEvidence: evidence !== 'none', takesCredentials: secrets !== undefined };
    const forwarded = forwardConnect(raw, connect, rules);
    if (this.#local.destroyed || this.#reason !== undefined) return;
    const upstream = stream(dial);
    this.#stream = upstream;
    upstream.on('error', (error) => this.end(asKeystileError(error)));
    upstream.write(forwarded.bytes);
    // A client that brings its own method talks with the broker itself.
    const hasOwnMethod = connect.properties.authenticationMethod !== undefined;
    const isAdmitted =
      hasOwnMethod || (await this.#within(CONNACK_MS, this.#admit(upstream, connect, forwarded), 'no CONNACK'));
    if (isAdmitted) {
      this.#log('info', 'connected', `MQTT ${connect.version === 5 ? '5' : '3.1.1'} to ${dial.host}:${dial.port}`);
    }
    this.#carry(upstream, connect, forwarded);
  }

  #demandVersion({ version }: ConnectPacket): void {
    if (this.#options.evidence !== 'demanded' || version === 5) return;
    throw new KeystileError('KS-D132', 'a client of MQTT 3.1.1 cannot show the evidence that is demanded');
  }

  /** Everything up to CONNACK, which the client gets as if there had been no AUTH. True when the broker takes it. */
  async #admit(upstream: DeviceStream, connect: ConnectPacket, { answersAuth }: ForwardedConnect): Promise<boolean> {
    for (;;) {
      const raw = await nextPacket(upstream, PACKET_LENGTH_MAX);
      if (raw === undefined) throw new KeystileError('KS-D100', 'the broker ended the connection before CONNACK');
      const packet = decode(raw, connect.version);
      if (packet?.kind === 'connack') {
        this.#note(packet, connect, answersAuth);
        this.#local.write(answersAuth ? withoutMethod(packet) : raw);
        return packet.code === 0;
      }
      if (packet?.kind !== 'auth' || !answersAuth || packet.reason !== Reason.continueAuthentication) {
        throw new KeystileError('KS-D133', `the broker sent ${packet?.kind.toUpperCase()} before CONNACK`);
      }
      await this.#answer(upstream, packet.properties.authenticationData);
    }
  }

  async #answer(upstream: DeviceStream, nonce: Uint8Array | undefined): Promise<void> {
    if (nonce?.length !== EVIDENCE_NONCE_LENGTH) throw new KeystileError('KS-S128', `${nonce?.length ?? 0} bytes`);
    const authenticationData = await upstream.evidence(nonce);
    const properties = { authenticationMethod: EVIDENCE_METHOD, authenticationData };
    upstream.write(encodePacket({ kind: 'auth', reason: Reason.continueAuthentication, properties }, 5));
  }

  /** A refusal of the broker goes to the client as it is; the log says what the agent knows of it. */
  #note({ code, properties }: ConnackPacket, { version }: ConnectPacket, answersAuth: boolean): void {
    if (code === 0) return;
    const said = `the broker refuses it with 0x${code.toString(16)} ${properties.reasonString ?? ''}`.trimEnd();
    const lacksEvidence = version !== 5 && code === ReturnCode.notAuthorized && this.#options.evidence !== 'none';
    if (lacksEvidence) {
      const advice = 'a class of devices that has to show evidence is served over MQTT 5 only';
      this.#log('warn', 'refused', new KeystileError('KS-D132', `${said}; ${advice}`).message);
    } else if (answersAuth && code === Reason.badAuthenticationMethod) {
      this.#log('warn', 'refused', new KeystileError('KS-D138', said).message);
    } else this.#log('warn', 'refused', said);
  }

  /** Bytes both ways. Each side that is slow slows the other; the end of one side is the end of that direction. */
  #carry(upstream: DeviceStream, connect: ConnectPacket, { answersAuth }: ForwardedConnect): void {
    const local = this.#local;
    const toBroker = inward(answersAuth);
    toBroker.on('error', (error) => this.end(asKeystileError(error)));
    this.#toClient = new Outward((reason) => farewell(reason, connect));
    this.#toClient.on('error', (error) => this.end(asKeystileError(error)));
    local.once('finish', () => this.#closeLater(LINGER_MS));
    local.once('close', () => this.#log('info', 'closed', 'the connection has ended'));
    // The broker has said its last: what the client still says reaches nobody, and the part has other clients.
    upstream.once('end', () => {
      toBroker.unpipe(upstream).resume();
      upstream.end();
    });
    upstream.once('close', () => {
      if (!upstream.readableEnded) this.#toClient?.end();
    });
    local.pipe(toBroker).pipe(upstream);
    upstream.pipe(this.#toClient).pipe(local);
    if (this.#reason !== undefined) this.#leave(undefined);
  }

  #leave(last: Uint8Array | undefined): void {
    if (this.#toClient !== undefined) {
      this.#stream?.unpipe(this.#toClient);
      this.#toClient.say(this.#reason);
    } else if (last === undefined) this.#local.end();
    else this.#local.end(last);
    // Nobody waits for what this client still sends.
    this.#local.unpipe();
    this.#local.resume();
    this.#closeLater(FAREWELL_MS);
  }

  #closeLater(limitMs: number): void {
    const timer = setTimeout(() => this.#local.destroy(), limitMs);
    this.#local.once('close', () => clearTimeout(timer));
  }

  #refusal(reason: KeystileError): Uint8Array | undefined {
    return this.#connect === undefined ? malformedConnack(reason) : refusingConnack(reason, this.#connect);
  }

  async #within<T>(limitMs: number, work: Promise<T>, lack: string): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    const error = new KeystileError('KS-D104', `${lack} within ${limitMs} ms`);
    const timer = setTimeout(() => reject(error), limitMs);
    try {
      return await Promise.race([work, promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  #log(level: 'info' | 'warn', event: 'connected' | 'refused' | 'broken' | 'closed', sentence: string): void {
    this.#options.log({ level, event, client: this.#name, sentence });
  }
}

/** A packet of the broker. Throws `KS-D133`. */
function decode(raw: Uint8Array, version: ProtocolVersion): ServerPacket | undefined {
  try {
    const decoder = PacketDecoder.forClient(version, raw.length);
    decoder.push(raw);
    return decoder.next();
  } catch (cause) {
    throw new KeystileError('KS-D133', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** A client that named no method must not be told one [MQTT-3.2.2-21 is for clients that did]. */
function withoutMethod({ properties, ...connack }: ConnackPacket): Uint8Array {
  const { authenticationMethod: _method, authenticationData: _data, ...rest } = properties;
  return encodePacket({ ...connack, properties: rest }, 5);
}

/** From client to broker. Where the agent answers AUTH the client named no method, and may not send any [MQTT-4.12.0-6]. */
function inward(answersAuth: boolean): Transform {
  const boundaries = new PacketBoundaries();
  return new Transform({
    transform: (chunk: Uint8Array, _encoding, done) => {
      try {
        const begun = answersAuth ? boundaries.follow(chunk) : [];
        if (!begun.includes(PacketTypes.auth)) return done(null, chunk);
        done(new KeystileError('KS-D133', 'AUTH of a client that named no method'));
      } catch (error) {
        done(asKeystileError(error));
      }
    },
  });
}

/** From broker to client, with room for a last word of the agent. */
class Outward extends Transform {
  readonly #boundaries = new PacketBoundaries();
  readonly #farewell: (reason: KeystileError) => Uint8Array;
  #reason: KeystileError | undefined;
  #hasBrokerLeft = false;

  constructor(words: (reason: KeystileError) => Uint8Array) {
    super();
    this.#farewell = words;
  }

  /** Ends it, behind what is under way. */
  say(reason: KeystileError | undefined): void {
    this.#reason = reason;
    this.end();
  }

  override _transform(
    chunk: Uint8Array,
    _encoding: string,
    done: (error?: Error | null, chunk?: Uint8Array) => void,
  ): void {
    try {
      if (this.#boundaries.follow(chunk).includes(PacketTypes.disconnect)) this.#hasBrokerLeft = true;
      done(null, chunk);
    } catch (error) {
      done(asKeystileError(error));
    }
  }

  /** Never inside of a packet, and not after the broker's own DISCONNECT. */
  override _flush(done: (error?: Error | null, chunk?: Uint8Array) => void): void {
    const isDue = this.#reason !== undefined && this.#boundaries.isBetweenPackets && !this.#hasBrokerLeft;
    done(null, isDue && this.#reason !== undefined ? this.#farewell(this.#reason) : undefined);
  }
}
