import mqtt from '/vendor/mqtt.js';
import { newToken, SignedOut } from './api.js';

/**
 * One live connection to the broker over a WebSocket, made again for as long as the page is open.
 *
 * Each attempt asks for a fresh token, which travels as a subprotocol of the upgrade: a browser can send no header of
 * its own there, and a token in the URL would end up in logs. MQTT.js's own reconnect is off, since it would come back
 * with the old token. What was not sent when a connection ends is not sent later: a set point from minutes ago must
 * not move a room.
 */
const RETRY_MS = [500, 1000, 2000, 4000, 8000, 15_000];
const CONNECT_TIMEOUT_MS = 8000;
const KEEP_ALIVE_S = 20;

export class BrokerConnection {
  #options;
  #client;
  #attempt = 0;
  #timer;
  #ended = false;

  /** `onStatus` gets `{kind}`: connecting, live, waiting (with a reason), signed-out or closed. */
  constructor(options) {
    this.#options = options;
    addEventListener('online', () => this.#now());
    this.#connect();
  }

  /** Resolves when the broker has taken the message; throws why it did not. */
  async publish(topic, text) {
    if (!this.#client?.connected) throw new Error('not connected to the broker');
    await this.#client.publishAsync(topic, text, { qos: 1 });
  }

  close() {
    this.#end({ kind: 'closed' });
  }

  async #connect() {
    this.#options.onStatus({ kind: 'connecting' });
    let token;
    try {
      token = await newToken();
    } catch (error) {
      if (error instanceof SignedOut) return this.#end({ kind: 'signed-out' });
      return this.#retry(error.message);
    }
    if (!this.#ended) this.#open(token);
  }

  #open(token) {
    const { url, clientId, onMessage } = this.#options;
    let reason = 'the connection to the broker was lost';
    const client = mqtt.connect(url, {
      protocolVersion: 5,
      clientId,
      clean: true,
      keepalive: KEEP_ALIVE_S,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectPeriod: 0,
      // Its worker timers would need a blob: script, which the page's content security policy refuses.
      timerVariant: 'native',
      createWebsocket: (address, protocols) => new WebSocket(address, [...protocols, `keystile-token.${token}`]),
    });
    this.#client = client;
    client.on('connect', () => this.#subscribe(client));
    client.on('message', (topic, payload) => onMessage(topic, new TextDecoder().decode(payload)));
    client.on('error', (error) => {
      reason = error.message || reason;
    });
    client.on('disconnect', (packet) => {
      reason =
        packet.properties?.reasonString ?? `the broker ended the connection (0x${packet.reasonCode.toString(16)})`;
    });
    client.on('close', () => this.#retry(reason));
  }

  #subscribe(client) {
    const { topics, onStatus } = this.#options;
    client.subscribe(topics, { qos: 1 }, (error) => {
      if (error) return onStatus({ kind: 'waiting', reason: error.message });
      this.#attempt = 0;
      onStatus({ kind: 'live' });
    });
  }

  #retry(reason) {
    if (this.#ended || this.#timer !== undefined) return;
    this.#client?.removeAllListeners();
    this.#client?.on('error', () => {});
    this.#client?.end(true);
    this.#client = undefined;
    const delay = RETRY_MS[Math.min(this.#attempt++, RETRY_MS.length - 1)];
    this.#options.onStatus({ kind: 'waiting', reason });
    this.#timer = setTimeout(() => this.#now(), delay * (0.8 + 0.4 * Math.random()));
  }

  #now() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#ended && this.#client === undefined) this.#connect();
  }

  #end(status) {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#client?.end(true);
    this.#options.onStatus(status);
  }
}
