/** The flags that `pub` and `sub` share, by the names that Mosquitto's clients gave them, and what MQTT.js calls them. */
import { type Command, InvalidArgumentError } from 'commander';
import type { IClientOptions } from 'mqtt';
import type { BrokerFlags } from './credentials.ts';

export interface ClientFlags extends BrokerFlags {
  readonly id?: string;
  readonly qos: 0 | 1 | 2;
  readonly keepalive: number;
  readonly protocolVersion: 4 | 5;
  readonly disableCleanSession?: boolean;
  readonly sessionExpiry?: number;
  readonly debug?: boolean;
  readonly willTopic?: string;
  readonly willPayload?: string;
  readonly willQos: 0 | 1 | 2;
  readonly willRetain?: boolean;
}

/** `-h` is the host here, as in Mosquitto's clients; help has no short flag. */
export function addClientFlags(command: Command): Command {
  return command
    .helpOption('--help', 'show this help')
    .option('-h, --host <name>', 'broker to connect to (default: the running instance)')
    .option(
      '-p, --port <number>',
      'its TLS port (default: that of the running instance; 8883 with -h)',
      parseNumber(1, 65_535),
    )
    .option('-i, --id <client-id>', "client id: the certificate's id, or that and /<anything>")
    .option('-q, --qos <level>', 'quality of service: 0, 1 or 2', parseQos, 0)
    .option('-k, --keepalive <seconds>', 'keep-alive interval', parseNumber(0, 65_535), 60)
    .option('-V, --protocol-version <version>', 'mqttv5 or mqttv311', parseVersion, 5)
    .option('-c, --disable-clean-session', 'keep the session at the broker (needs -i)')
    .option(
      '-x, --session-expiry <seconds>',
      'MQTT 5: how long the broker keeps the session',
      parseNumber(0, 0xffffffff),
    )
    .option('-d, --debug', 'say on stderr which packets are sent and received')
    .option('--cafile <file>', 'root certificate of the broker, PEM (default: the root of the home)')
    .option('--cert <file>', 'client certificate, PEM (default: the operator of the home)')
    .option('--key <file>', 'its private key, PEM')
    .option('--will-topic <topic>', 'topic of a message that the broker sends when this client is lost')
    .option('--will-payload <text>', 'its payload')
    .option('--will-qos <level>', 'its quality of service', parseQos, 0)
    .option('--will-retain', 'retain it');
}

export function clientOptions(flags: ClientFlags): IClientOptions {
  const persistent = flags.disableCleanSession === true;
  const expiry = flags.sessionExpiry ?? (persistent ? 0xffffffff : undefined);
  return {
    protocolVersion: flags.protocolVersion,
    keepalive: flags.keepalive,
    clean: !persistent,
    ...(flags.id === undefined ? {} : { clientId: flags.id }),
    ...(flags.protocolVersion === 5 && expiry !== undefined ? { properties: { sessionExpiryInterval: expiry } } : {}),
    ...(flags.willTopic === undefined
      ? {}
      : {
          will: {
            topic: flags.willTopic,
            payload: Buffer.from(flags.willPayload ?? ''),
            qos: flags.willQos,
            retain: flags.willRetain === true,
          },
        }),
  };
}

export function parseNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
  };
}

function parseQos(text: string): 0 | 1 | 2 {
  if (text === '0') return 0;
  if (text === '1') return 1;
  if (text === '2') return 2;
  throw new InvalidArgumentError('It is 0, 1 or 2.');
}

function parseVersion(text: string): 4 | 5 {
  if (['5', 'mqttv5'].includes(text)) return 5;
  if (['4', '311', 'mqttv311'].includes(text)) return 4;
  throw new InvalidArgumentError('It is mqttv5 or mqttv311.');
}
