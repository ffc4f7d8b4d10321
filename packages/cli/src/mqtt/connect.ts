/** Connects MQTT.js over mutual TLS and turns its failures into coded errors. It never connects a second time by itself. */
import { randomBytes } from 'node:crypto';
import { KeystileError } from '@keystile/errors';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import type { BrokerAccess } from './credentials.ts';

export interface Connecting {
  readonly access: BrokerAccess;
  readonly options: IClientOptions;
  /** For each step of the protocol, when the user asked for it. */
  readonly debug?: (line: string) => void;
}

/** TCP, TLS and CONNACK together. */
const CONNECT_MS = 15_000;

/** Resolves with a connected client; rejects with KS-U123. */
export function connectClient({ access, options, debug }: Connecting): Promise<MqttClient> {
  const client = mqtt.connect({
    protocol: 'mqtts',
    protocolVersion: 5,
    clientId: `${access.id}/${randomBytes(4).toString('hex')}`,
    connectTimeout: CONNECT_MS,
    ...options,
    host: access.host,
    port: access.port,
    ca: access.ca,
    cert: access.cert,
    key: access.key,
    servername: /^[0-9.:]+$/.test(access.host) ? '' : access.host,
    rejectUnauthorized: true,
    ALPNProtocols: ['mqtt'],
    reconnectPeriod: 0,
  });
  if (debug !== undefined) {
    client.on('packetsend', (packet) => debug(`sending ${packet.cmd.toUpperCase()}`));
    client.on('packetreceive', (packet) => debug(`received ${packet.cmd.toUpperCase()}`));
  }
  return new Promise((resolve, reject) => {
    let reason = 'the connection was closed before the broker accepted it';
    client.on('error', (error) => {
      reason = error.message;
    });
    const fail = (): void => {
      client.end(true);
      reject(new KeystileError('KS-U123', `${access.host}:${access.port}: ${reason}`));
    };
    client.once('close', fail);
    client.once('connect', () => {
      client.off('close', fail);
      resolve(client);
    });
    // MQTT.js reports a refusing CONNACK by an error and leaves the socket open.
    client.once('error', () => setImmediate(() => (client.connected ? undefined : fail())));
  });
}

/** Rejects when the connection breaks; never resolves. Await it beside what may hang on a broken connection. */
export function broken(client: MqttClient): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  // Nobody may be waiting when it breaks, or at the ordinary end.
  promise.catch(() => undefined);
  let reason = 'the broker closed the connection';
  client.on('error', (error) => {
    reason = error.message;
  });
  client.on('disconnect', (packet) => {
    const text = packet.properties?.reasonString;
    const code = packet.reasonCode === undefined ? '' : ` with reason 0x${packet.reasonCode.toString(16)}`;
    reason = `the broker closed the connection${code}${text === undefined ? '' : `: ${text}`}`;
  });
  client.on('close', () => reject(new KeystileError('KS-U123', reason)));
  return promise;
}
