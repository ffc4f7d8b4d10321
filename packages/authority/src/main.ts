/**
 * The authority's network service as a program: `main.ts --home DIR --port N --websocket-url URL --broker-url URL`.
 *
 * On stdout it prints JSON lines, first `{"ready":true,"console":…,"link":…}`; the log goes to stderr. It ends on
 * SIGTERM, SIGINT or the end of stdin, which is how it notices that its parent has gone.
 */
import './service/refuse-inspector.ts';
import { mqttModule, pageFolder } from '@keystile/console';
import { KeystileError } from '@keystile/errors';
import { pino } from 'pino';
import type { Console } from './console/server.ts';
import { readArguments } from './service/arguments.ts';
import { startService } from './service/service.ts';

const STDERR = 2;

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function run(): Promise<void> {
  const given = readArguments(process.argv.slice(2), process.env);
  const ending = new Promise<void>((resolve) => {
    process.on('SIGTERM', () => resolve());
    process.on('SIGINT', () => resolve());
    process.stdin.on('end', () => resolve()).resume();
  });
  const log = pino({ name: 'authority', level: process.env.KEYSTILE_LOG ?? 'info' }, pino.destination(STDERR));
  const page = { folder: pageFolder, mqttModule };
  const service = await startService({ ...given, page, now: Date.now, log, onEvent: print });
  announce(service.console);
  await ending;
  await service.close();
}

function announce(console: Console): void {
  const { link, expiresAtMs } = console.link();
  print({
    ready: true,
    console: console.url,
    link,
    linkExpiresAt: new Date(expiresAtMs).toISOString(),
    listeners: [{ name: 'console', kind: 'https', address: '127.0.0.1', port: console.port }],
  });
}

run().then(
  () => process.exit(0),
  (cause: unknown) => {
    const known = cause instanceof KeystileError ? cause.toJSON() : { code: 'KS-A139', detail: String(cause) };
    print({ ready: false, ...known });
    process.exit(1);
  },
);
