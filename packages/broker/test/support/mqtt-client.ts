import mqtt, { type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import type { TestFleet, TlsIdentity } from './test-fleet.ts';

export interface DialOptions {
  readonly port: number;
  readonly fleet: TestFleet;
  readonly identity?: TlsIdentity;
}

export function dial({ port, fleet, identity }: DialOptions, options: IClientOptions = {}): MqttClient {
  return mqtt.connect({
    protocol: 'mqtts',
    host: 'localhost',
    port,
    ca: fleet.authorities.root.pem,
    ...identity,
    protocolVersion: 5,
    reconnectPeriod: 0,
    connectTimeout: 5000,
    ...options,
  });
}

/** Connected, or rejects with what the broker or TLS said. */
export async function connected(where: DialOptions, options: IClientOptions = {}): Promise<MqttClient> {
  const client = dial(where, options);
  await new Promise<void>((resolve, reject) => {
    let reason = new Error('closed without a word');
    client.on('error', (error) => {
      reason = error;
    });
    client.once('connect', () => resolve());
    client.once('close', () => reject(reason));
    // MQTT.js reports a refusing CONNACK by an error and leaves the socket to the broker.
    client.once('error', () => setTimeout(() => reject(reason), 100));
  }).catch((error: unknown) => {
    client.end(true);
    throw error;
  });
  return client;
}

export function nextMessage(client: MqttClient): Promise<{ topic: string; text: string; packet: IPublishPacket }> {
  const { promise, resolve } = Promise.withResolvers<{ topic: string; text: string; packet: IPublishPacket }>();
  client.once('message', (topic, payload, packet) => resolve({ topic, text: payload.toString(), packet }));
  return promise;
}

/** The connection is gone; to be asked for before that. */
export function closed(client: MqttClient): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  client.once('close', () => resolve());
  return promise;
}
