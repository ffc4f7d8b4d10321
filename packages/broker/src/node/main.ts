/**
 * The broker as a program: `main.ts --config FILE [--insecure-listener]`.
 *
 * On stdout it prints JSON lines, first `{"ready":true,"listeners":[…]}`; the log goes to stderr. It ends on SIGTERM,
 * SIGINT or the end of stdin, which is how it notices that its parent has gone.
 */
import './refuse-inspector.ts';
import { parseArgs } from 'node:util';
import { KeystileError } from '@keystile/errors';
import { pino } from 'pino';
import { readConfiguration } from './configuration/read-configuration.ts';
import { programLog } from './log.ts';
import { startBroker } from './start-broker.ts';

const STDERR = 2;

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function run(): Promise<void> {
  const { config, insecure } = readArguments(process.argv.slice(2));
  const ending = new Promise<void>((resolve) => {
    process.on('SIGTERM', () => resolve());
    process.on('SIGINT', () => resolve());
    process.stdin.on('end', () => resolve()).resume();
  });
  const logger = pino({ name: 'broker', level: process.env.KEYSTILE_LOG ?? 'info' }, pino.destination(STDERR));
  const now = (): number => Math.floor(performance.now());
  const running = await startBroker({
    ...readConfiguration(config),
    insecureListeners: insecure,
    log: programLog(logger, now),
    now,
    utcNow: Date.now,
  });
  const listeners = running.listeners.map(({ name, kind, address, port }) => ({ name, kind, address, port }));
  for (const { name, kind, address } of listeners) {
    if (kind === 'insecure') logger.warn({ code: 'KS-B107' }, `listener '${name}' on ${address} has no TLS`);
  }
  print({ ready: true, listeners });
  await ending;
  await running.close();
}

function readArguments(args: readonly string[]): { readonly config: string; readonly insecure: boolean } {
  try {
    const options = { config: { type: 'string' }, 'insecure-listener': { type: 'boolean' } } as const;
    const { values } = parseArgs({ args: [...args], options });
    if (values.config === undefined) throw new KeystileError('KS-U100', '--config is missing');
    return { config: values.config, insecure: values['insecure-listener'] === true };
  } catch (cause) {
    if (cause instanceof KeystileError) throw cause;
    throw new KeystileError('KS-U100', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

run().then(
  () => process.exit(0),
  (cause: unknown) => {
    const known = cause instanceof KeystileError ? cause.toJSON() : { code: 'KS-B117', detail: String(cause) };
    print({ ready: false, ...known });
    process.exit(1);
  },
);
