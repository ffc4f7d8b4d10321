import { KeystileError } from '@keystile/errors';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import type { Registry } from '../factory/registry.ts';
import type { Clock } from '../state/clock.ts';
import { RequestLimit } from './request-limit.ts';
import { parseTimeRequest, TIME_REQUEST_FILTER, timeAnswerTopic } from './time-request.ts';
import type { TimeClaims } from './time-token.ts';

/**
 * Answers devices that ask what time it is: over MQTT, with a token that only the asking part can use.
 *
 * It knows one key, the time key. It gives tokens to provisioned parts of the registry only, to each as often as a
 * working device needs, and stays silent otherwise: a refusal goes to the log, not to the network.
 */
export interface TimeServiceOptions {
  /** `mqtts://host:port`. */
  readonly brokerUrl: string;
  readonly tls: { readonly key: string; readonly certificate: string; readonly anchor: string };
  readonly clientId: string;
  /** Read anew for each request, so that a device provisioned meanwhile gets its time. */
  readonly registry: () => Promise<Registry>;
  readonly sign: (claims: TimeClaims) => Promise<Uint8Array>;
  readonly now: Clock;
  readonly onEvent: (event: TimeEvent) => void;
}

export type TimeEvent =
  | { readonly event: 'time-token'; readonly device: string; readonly serial: string }
  | { readonly event: 'time-refused'; readonly code: string; readonly detail: string }
  | { readonly event: 'broker-connected' }
  | { readonly event: 'broker-lost'; readonly code: string; readonly detail: string };

const RECONNECT_MS = 1000;
const CONNECT_TIMEOUT_MS = 10_000;

export function startTimeService(options: TimeServiceOptions): { close(): Promise<void> } {
  const client = mqtt.connect(options.brokerUrl, clientOptions(options));
  const limit = new RequestLimit(options.now);
  let isLost = false;
  // Once for each loss: the client tries again every second, and a line a second would hide the first one.
  const lost = (detail: string): void => {
    if (!isLost) options.onEvent({ event: 'broker-lost', code: 'KS-A143', detail });
    isLost = true;
  };
  client.on('connect', () => {
    client.subscribe(TIME_REQUEST_FILTER, { qos: 1 }, (error) => {
      if (error) return lost(`the broker refuses the subscription ${TIME_REQUEST_FILTER}: ${error.message}`);
      isLost = false;
      options.onEvent({ event: 'broker-connected' });
    });
  });
  client.on('error', (error) => lost(error.message || `no connection to ${options.brokerUrl}`));
  client.on('offline', () => lost(`no connection to ${options.brokerUrl}`));
  client.on('message', (topic, payload) => {
    answer({ client, limit, options }, topic, payload).catch((cause: unknown) => refused(options, cause));
  });
  return { close: () => client.endAsync() };
}

interface Service {
  readonly client: MqttClient;
  readonly limit: RequestLimit;
  readonly options: TimeServiceOptions;
}

async function answer({ client, limit, options }: Service, topic: string, payload: Uint8Array): Promise<void> {
  const request = parseTimeRequest(topic, payload);
  const { device, serial, nonce } = request;
  if (!limit.admit(device)) throw new KeystileError('KS-A142', `${device} asked more than it may in this minute`);
  const known = (await options.registry()).find(serial);
  if (known?.device?.id !== device) {
    throw new KeystileError(
      'KS-A140',
      `${device} asked for time as part ${serial}, which the registry does not know as that device`,
    );
  }
  const token = await options.sign({ serial, nonce, nowMs: options.now() });
  await client.publishAsync(timeAnswerTopic(device), Buffer.from(token), { qos: 1 });
  options.onEvent({ event: 'time-token', device, serial });
}

function refused(options: TimeServiceOptions, cause: unknown): void {
  const known = cause instanceof KeystileError ? cause : new KeystileError('KS-A143', String(cause), { cause });
  options.onEvent({ event: 'time-refused', code: known.code, detail: known.detail });
}

function clientOptions({ tls, clientId }: TimeServiceOptions): IClientOptions {
  return {
    protocolVersion: 5,
    clientId,
    clean: true,
    reconnectPeriod: RECONNECT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    key: tls.key,
    cert: tls.certificate,
    ca: tls.anchor,
    rejectUnauthorized: true,
    ALPNProtocols: ['mqtt'],
  };
}
