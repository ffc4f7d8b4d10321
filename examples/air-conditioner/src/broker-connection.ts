/**
 * The connection to the broker: MQTT.js over a stream that somebody else makes, dialled again with growing pauses.
 *
 * It knows nothing of TLS, parts or air conditioners. MQTT.js's own reconnecting has one fixed period and hides why a
 * stream failed, so both are done here.
 */
import type { Duplex } from 'node:stream';
import { type IPublishPacket, MqttClient } from 'mqtt';
import { backoffMs } from './backoff.ts';
import type { Topics } from './topics.ts';

/** Seconds between signs of life; the broker publishes the will one and a half times that after the last. */
const KEEP_ALIVE_S = 15;
/** TCP, TLS on a slow bus, and CONNACK together. */
const CONNECT_MS = 30_000;
/** A broker that does not answer must not hold up the end of the program. */
const FAREWELL_MS = 1500;

export interface ConnectionOptions<Stream extends Duplex> {
  readonly clientId: string;
  readonly topics: Topics;
  /** Returns at once; errors come from the stream. */
  readonly dial: () => Stream;
  /** For a broker that asks for more than the certificate; `current` is the stream of the present connection. */
  readonly authentication?: {
    readonly properties: { readonly authenticationMethod: string };
    readonly answers: (current: () => Stream | undefined) => MqttClient['handleAuth'];
  };
  /** In [0, 1), for spreading attempts. */
  readonly random: () => number;
  readonly onConnected: (stream: Stream) => void;
  readonly onMessage: (topic: string, packet: IPublishPacket) => void;
  /** After each failed or lost connection: why, if anything said so, and when the next attempt is. */
  readonly onDown: (why: unknown, retryMs: number) => void;
}

export class BrokerConnection<Stream extends Duplex> {
  readonly #options: ConnectionOptions<Stream>;
  readonly #client: MqttClient;
  #stream: Stream | undefined;
  #why: unknown;
  #failures = 0;
  #stopping = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: ConnectionOptions<Stream>) {
    this.#options = options;
    const { topics, authentication } = options;
    const { availability } = topics;
    this.#client = new MqttClient(() => this.#dial(), {
      clientId: options.clientId,
      protocolVersion: 5,
      clean: true,
      keepalive: KEEP_ALIVE_S,
      connectTimeout: CONNECT_MS,
      reconnectPeriod: 0,
      queueQoSZero: false,
      resubscribe: false,
      ...(authentication && { properties: { ...authentication.properties } }),
      will: { topic: availability, payload: Buffer.from('offline'), qos: 1, retain: true },
    });
    if (authentication !== undefined) this.#client.handleAuth = authentication.answers(() => this.#stream);
    this.#client.on('connect', () => this.#connected());
    this.#client.on('message', (topic, _payload, packet) => options.onMessage(topic, packet));
    this.#client.on('error', (error) => this.#note(error));
    this.#client.on('disconnect', (packet) => {
      const reason = packet.properties?.reasonString ?? `reason 0x${(packet.reasonCode ?? 0).toString(16)}`;
      this.#note(new Error(`the broker closed the connection: ${reason}`));
    });
    this.#client.on('close', () => this.#closed());
  }

  get connected(): boolean {
    return this.#client.connected;
  }

  /** While nothing is connected the message is dropped: the next state is published anew. */
  publish(topic: string, payload: string, retain: boolean): void {
    if (this.#client.connected) this.#client.publish(topic, payload, { qos: 1, retain }, () => undefined);
  }

  /** Says that the unit is offline, which the will would only say for a lost connection, and ends. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#retry);
    const { availability } = this.#options.topics;
    const farewell = async (): Promise<void> => {
      if (this.#client.connected) await this.#client.publishAsync(availability, 'offline', { qos: 1, retain: true });
      await this.#client.endAsync();
    };
    await Promise.race([farewell().catch(() => undefined), delay(FAREWELL_MS)]);
    this.#stream?.destroy();
  }

  #dial(): Stream {
    const stream = this.#options.dial();
    // MQTT.js drops the errors of streams that are not its own.
    stream.on('error', (error) => this.#note(error));
    this.#stream = stream;
    return stream;
  }

  /** The first reason is the cause; what follows is its consequence. */
  #note(why: unknown): void {
    this.#why ??= why;
  }

  #connected(): void {
    this.#failures = 0;
    this.#why = undefined;
    const { availability, set, time } = this.#options.topics;
    // Retain handling 2: a set command that was retained by mistake must not be obeyed at every reconnect.
    this.#client.subscribe([set, time], { qos: 1, rh: 2 }, (error) => {
      if (error !== null) this.#note(error);
    });
    this.publish(availability, 'online', true);
    if (this.#stream !== undefined) this.#options.onConnected(this.#stream);
  }

  #closed(): void {
    if (this.#stopping) return;
    this.#failures += 1;
    const retryMs = backoffMs(this.#failures, this.#options.random());
    this.#options.onDown(this.#why, retryMs);
    this.#why = undefined;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#client.reconnect(), retryMs);
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
