/** `keystile pub`: publishes like `mosquitto_pub`, over mutual TLS, by default as the home's operator. */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeystileError } from '@keystile/errors';
import type { MqttClient } from 'mqtt';
import { broken, connectClient } from '../mqtt/connect.ts';
import { brokerAccess } from '../mqtt/credentials.ts';
import { addClientFlags, type ClientFlags, clientOptions, parseNumber } from '../mqtt/flags.ts';
import type { AddVerb, VerbContext } from './context.ts';

interface PubFlags extends ClientFlags {
  readonly topic: string;
  readonly retain?: boolean;
  readonly message?: string;
  readonly file?: string;
  readonly stdinLine?: boolean;
  readonly stdinFile?: boolean;
  readonly nullMessage?: boolean;
  readonly repeat: number;
  readonly repeatDelay: number;
}

export const addPub: AddVerb = (program, context) => {
  addClientFlags(program.command('pub').description("publish, with the flags of Mosquitto's mosquitto_pub"))
    .requiredOption('-t, --topic <topic>', 'topic to publish to')
    .option('-r, --retain', 'the broker keeps the message for later subscribers')
    .option('-m, --message <text>', 'the payload')
    .option('-f, --file <path>', 'the payload is the content of a file')
    .option('-s, --stdin-file', 'the payload is all of stdin')
    .option('-l, --stdin-line', 'each line of stdin is a message')
    .option('-n, --null-message', 'an empty payload')
    .option('--repeat <times>', 'send it this often', parseNumber(1, 1_000_000), 1)
    .option('--repeat-delay <seconds>', 'wait between repetitions', parseNumber(0, 86_400), 0)
    .action((flags: PubFlags) => pub(flags, context()));
};

async function pub(flags: PubFlags, { output, stdin, json, paths }: VerbContext): Promise<void> {
  refuseTopic(flags.topic);
  const payloads = payloadsOf(flags, stdin);
  const access = await brokerAccess(paths(), flags);
  const debug = flags.debug === true ? { debug: (line: string) => output.say(line) } : {};
  const client = await connectClient({ access, options: clientOptions(flags), ...debug });
  let sent = 0;
  try {
    const failure = broken(client);
    for await (const payload of payloads) {
      await Promise.race([publish(client, { flags, payload }), failure]);
      sent += 1;
    }
  } finally {
    await client.endAsync(client.connected === false).catch(() => undefined);
  }
  if (json) output.json({ ok: true, topic: flags.topic, sent });
}

async function publish(client: MqttClient, what: { flags: PubFlags; payload: Buffer }): Promise<void> {
  const { topic, qos, retain } = what.flags;
  try {
    await client.publishAsync(topic, what.payload, { qos, retain: retain === true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KeystileError('KS-U125', `publishing to ${topic}: ${reason}`, { cause });
  }
}

function refuseTopic(topic: string): void {
  if (topic === '' || /[+#\0]/.test(topic)) {
    throw new KeystileError('KS-U100', `"${topic}" is not a topic: it is empty or has a wildcard`);
  }
}

/** Exactly one source; each turns into a stream of payloads. */
function payloadsOf(flags: PubFlags, stdin: NodeJS.ReadStream): AsyncIterable<Buffer> {
  const given = [flags.message, flags.file, flags.stdinLine, flags.stdinFile, flags.nullMessage];
  if (given.filter((each) => each !== undefined).length !== 1) {
    throw new KeystileError('KS-U100', 'give the payload by one of -m, -f, -s, -l and -n');
  }
  if (flags.stdinLine === true) return lines(stdin);
  return repeated(flags, () => wholePayload(flags, stdin));
}

async function* lines(stdin: NodeJS.ReadStream): AsyncGenerator<Buffer> {
  for await (const line of createInterface({ input: stdin })) yield Buffer.from(line);
}

async function* repeated(flags: PubFlags, read: () => Promise<Buffer>): AsyncGenerator<Buffer> {
  const payload = await read();
  for (let round = 0; round < flags.repeat; round++) {
    if (round > 0 && flags.repeatDelay > 0) await sleep(flags.repeatDelay * 1000);
    yield payload;
  }
}

async function wholePayload(flags: PubFlags, stdin: NodeJS.ReadStream): Promise<Buffer> {
  if (flags.message !== undefined) return Buffer.from(flags.message);
  if (flags.stdinFile === true) return buffer(stdin);
  if (flags.file === undefined) return Buffer.alloc(0);
  return readFile(flags.file).catch((cause: Error) => {
    throw new KeystileError('KS-U122', `${flags.file}: ${cause.message}`, { cause });
  });
}
