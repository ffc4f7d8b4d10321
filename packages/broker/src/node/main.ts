/**
 * The broker as a program: `main.ts --config FILE [--insecure-listener]`.
 *
 * On stdout it prints JSON lines, first `{"ready":true,"listeners":[…]}`; the log goes to stderr. It takes its
 * files anew on SIGHUP, and ends on SIGTERM, SIGINT or the end of stdin, which is how it notices that its parent has gone.
 */
import './refuse-inspector.ts';
import { parseArgs } from 'node:util';
import { KeystileError } from '@keystile/errors';
import { readConfiguration } from './configuration/read-configuration.ts';
import { type ProgramLog, programLog } from './log.ts';
import { redactingLogger } from './redacting-logger.ts';
import { type RunningBroker, startBroker } from './start-broker.ts';

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
  const logger = redactingLogger({ level: process.env.KEYSTILE_LOG ?? 'info', write: STDERR });
  const now = (): number => Math.floor(performance.now());
  const log = programLog(logger, now);
  const running = await startBroker({
    ...readConfiguration(config),
    reread: () => readConfiguration(config).configuration,
    insecureListeners: insecure,
    log,
    now,
    utcNow: Date.now,
  });
  const listeners = running.listeners.map(({ name, kind, address, port }) => ({ name, kind, address, port }));
  for (const { name, kind, address } of listeners) {
    if (kind === 'insecure') logger.warn({ code: 'KS-B107' }, `listener '${name}' on ${address} has no TLS`);
  }
  process.on('SIGHUP', () => reload(running, log));
  const { metrics } = running;
  print({ ready: true, listeners, ...(metrics && { metrics: { address: metrics.address, port: metrics.port } }) });
  await ending;
  await running.close();
}

/** A reload that fails is told, and the broker goes on as it was. */
function reload(running: RunningBroker, log: ProgramLog): void {
  try {
    running.reload();
  } catch (error) {
    const code = error instanceof KeystileError ? error.code : 'KS-B117';
    log.fault(code, 'nothing was reloaded', error);
  }
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
