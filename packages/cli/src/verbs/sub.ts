/** `keystile sub`: subscribes like `mosquitto_sub`, over mutual TLS, by default as the home's operator. */
import { KeystileError } from '@keystile/errors';
import type { IPublishPacket, MqttClient } from 'mqtt';
import { broken, connectClient } from '../mqtt/connect.ts';
import { brokerAccess } from '../mqtt/credentials.ts';
import { addClientFlags, type ClientFlags, clientOptions, parseNumber } from '../mqtt/flags.ts';
import type { Output } from '../terminal/output.ts';
import type { AddVerb, VerbContext } from './context.ts';

interface SubFlags extends ClientFlags {
  readonly topic: readonly string[];
  readonly count?: number;
  readonly timeout?: number;
  readonly verbose?: boolean;
  readonly noNewline?: boolean;
  readonly noRetained?: boolean;
  readonly retainedOnly?: boolean;
}

export const addSub: AddVerb = (program, context) => {
  addClientFlags(program.command('sub').description("subscribe, with the flags of Mosquitto's mosquitto_sub"))
    .requiredOption('-t, --topic <filter>', 'topic filter; may be given several times', collect)
    .option('-C, --count <messages>', 'end after this many messages', parseNumber(1, 0xffffffff))
    .option('-W, --timeout <seconds>', 'end after this time; the exit code is then 27', parseNumber(1, 0xffffff))
    .option('-v, --verbose', 'print the topic before each payload')
    .option('-N, --no-newline', 'print no line end after a payload')
    .option('-R, --no-retained', 'leave out messages that were retained before')
    .option('--retained-only', 'end at the first message that was not retained before')
    .action((flags: SubFlags & { newline?: boolean; retained?: boolean }) =>
      sub({ ...flags, noNewline: flags.newline === false, noRetained: flags.retained === false }, context()),
    );
};

function collect(filter: string, before: readonly string[] = []): readonly string[] {
  return [...before, filter];
}

async function sub(flags: SubFlags, { output, json, paths }: VerbContext): Promise<void> {
  const access = await brokerAccess(paths(), flags);
  const debug = flags.debug === true ? { debug: (line: string) => output.say(line) } : {};
  const options = clientOptions(flags);
  const client = await connectClient({ access, options, ...debug });
  const interrupted = interruption();
  try {
    const failure = broken(client);
    const received = receive(client, flags, (topic, packet) => print(output, { topic, packet, flags, json }));
    await Promise.race([subscribe(client, flags), failure]);
    await Promise.race([received, failure, interrupted.happened, ...timeoutOf(flags)]);
  } finally {
    interrupted.forget();
    await client.endAsync(client.connected === false).catch(() => undefined);
  }
}

/** Ctrl-C is how a subscription without -C ends: not an error. */
function interruption(): { happened: Promise<void>; forget(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.once('SIGINT', resolve);
  process.once('SIGTERM', resolve);
  return {
    happened: promise,
    forget: () => {
      process.off('SIGINT', resolve);
      process.off('SIGTERM', resolve);
    },
  };
}

async function subscribe(client: MqttClient, { topic, qos }: SubFlags): Promise<void> {
  for (const filter of topic) {
    const refused = (reason: string): KeystileError =>
      new KeystileError('KS-U125', `subscribing to ${filter}: ${reason}`);
    const grants = await client.subscribeAsync(filter, { qos }).catch((cause: Error) => {
      throw refused(cause.message);
    });
    const code = grants[0]?.qos ?? 0;
    if (code >= 0x80) throw refused(`reason 0x${code.toString(16)}`);
  }
}

type OnMessage = (topic: string, packet: IPublishPacket) => void;

/** Resolves when what -C or --retained-only asked for is done; never, without them. */
function receive(client: MqttClient, flags: SubFlags, onMessage: OnMessage): Promise<void> {
  let count = 0;
  return new Promise((resolve) => {
    client.on('message', (topic, _payload, packet) => {
      if (flags.retainedOnly === true && !packet.retain) resolve();
      if (count === flags.count || (flags.retainedOnly === true && !packet.retain)) return;
      if (flags.noRetained === true && packet.retain) return;
      onMessage(topic, packet);
      count += 1;
      if (count === flags.count) resolve();
    });
  });
}

interface Printed {
  readonly topic: string;
  readonly packet: IPublishPacket;
  readonly flags: SubFlags;
  readonly json: boolean;
}

function print(output: Output, { topic, packet, flags, json }: Printed): void {
  const payload = Buffer.from(packet.payload);
  if (json) {
    output.json({ topic, payload: payload.toString('utf8'), qos: packet.qos, retain: packet.retain });
    return;
  }
  if (flags.verbose === true) output.bytes(Buffer.from(`${topic} `));
  output.bytes(payload);
  if (flags.noNewline !== true) output.bytes(Buffer.from('\n'));
}

function timeoutOf({ timeout }: SubFlags): Promise<never>[] {
  if (timeout === undefined) return [];
  return [
    new Promise((_, reject) => {
      setTimeout(() => reject(new KeystileError('KS-U126', `${timeout} seconds have passed`)), timeout * 1000).unref();
    }),
  ];
}
