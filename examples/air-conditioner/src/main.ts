/**
 * The air conditioner's firmware as a program. It measures the folder that it runs from, so it is started from an
 * installed release (`keystile up` makes one), and it ends when it is told to or when its parent is gone.
 */
import { commands } from '@keystile/link';
import { type Emit, errorEvent } from './events.ts';
import { Firmware } from './firmware.ts';
import { parseOptions } from './options.ts';
import { virtualResetLine } from './reset-line.ts';
import { startPart } from './start-part.ts';

// A stray SIGUSR1 must not open Node's inspector.
process.on('SIGUSR1', () => undefined);
// A parent that is gone takes the pipe with it; there is nobody left to tell.
process.stdout.on('error', () => undefined);
const emit: Emit = (event) => void process.stdout.write(`${JSON.stringify(event)}\n`);

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  const started = await startPart(options, import.meta.dirname, virtualResetLine(options.controlPath));
  const { part, configuration, firmwareVersion, configurationVersion } = started;
  emit({ event: 'booted', firmwareVersion, configurationVersion });
  const { serial } = await part.call(commands.info, {});
  const { port, timeScale } = options;
  const firmware = new Firmware({
    part,
    serial,
    configuration,
    port,
    timeScale,
    emit,
    now: Date.now,
    random: Math.random,
  });
  await askedToStop();
  await firmware.stop();
  part.close();
  emit({ event: 'stopped' });
}

function askedToStop(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
    process.stdin.once('end', () => resolve());
    process.stdin.once('error', () => resolve());
    process.stdin.resume();
  });
}

try {
  await main();
  process.exit(0);
} catch (error) {
  const event = errorEvent(error);
  emit(event);
  process.stderr.write(`${event.code}: ${event.detail}\n`);
  process.exit(1);
}
