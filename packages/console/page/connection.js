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

export function keepConnected({ url, clientId, topics, onStatus, onMessage }) {
  let client;
  let attempt = 0;
  let timer;
  let ended = false;

  async function connect() {
    onStatus({ kind: 'connecting' });
    let token;
    try {
      token = await newToken();
    } catch (error) {
      if (error instanceof SignedOut) return end({ kind: 'signed-out' });
      return retry(error.message);
    }
    if (!ended) open(token);
  }

  function open(token) {
    let reason = 'the connection to the broker was lost';
    client = mqtt.connect(url, {
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
    client.on('connect', () => {
      client.subscribe(topics, { qos: 1 }, (error) => {
        if (error) return onStatus({ kind: 'waiting', reason: error.message });
        attempt = 0;
        onStatus({ kind: 'live' });
      });
    });
    client.on('message', (topic, payload) => onMessage(topic, new TextDecoder().decode(payload)));
    client.on('error', (error) => {
      reason = error.message || reason;
    });
    client.on('disconnect', (packet) => {
      reason =
        packet.properties?.reasonString ?? `the broker ended the connection (0x${packet.reasonCode.toString(16)})`;
    });
    client.on('close', () => retry(reason));
  }

  function retry(reason) {
    if (ended || timer !== undefined) return;
    client?.removeAllListeners();
    client?.on('error', () => {});
    client?.end(true);
    client = undefined;
    const delay = RETRY_MS[Math.min(attempt++, RETRY_MS.length - 1)];
    onStatus({ kind: 'waiting', reason });
    timer = setTimeout(now, delay * (0.8 + 0.4 * Math.random()));
  }

  function now() {
    clearTimeout(timer);
    timer = undefined;
    if (!ended && client === undefined) connect();
  }

  function end(status) {
    ended = true;
    clearTimeout(timer);
    client?.end(true);
    onStatus(status);
  }

  addEventListener('online', now);
  connect();

  return {
    /** Resolves when the broker has taken the message; throws why it did not. */
    async publish(topic, text) {
      if (!client?.connected) throw new Error('not connected to the broker');
      await client.publishAsync(topic, text, { qos: 1 });
    },
    close: () => end({ kind: 'closed' }),
  };
}
