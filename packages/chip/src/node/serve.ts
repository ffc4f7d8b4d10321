import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { KeystileError } from '@keystile/errors';
import { type ControlRequest, serveControl, serveVirtualBus } from '@keystile/link/node';
import { SecurePart } from '../secure-part.ts';
import { lockNvm } from './nvm-lock.ts';
import { PowerSupply } from './power-cut.ts';
import { demandPrivate, fuseFile, nvmFolder } from './slot-files.ts';
import { readTamperLatch, tamperLatchPath } from './tamper-latch.ts';

/**
 * The virtual part: one process, one part.
 *
 *   node --permission … serve.ts --nvm FOLDER --fuse FILE --bus SOCKET --control SOCKET
 *
 * `spawnPart` computes the permissions. One JSON line on stdout says `ready`, or `refused` with a code before it ends.
 * It ends on SIGTERM, SIGINT and when stdin ends, which is how it learns that its parent is gone.
 */

// First of all: Node opens its inspector on SIGUSR1, and with it every secret of the process.
process.on('SIGUSR1', () => {});

interface Paths {
  readonly nvm: string;
  readonly fuse: string;
  readonly bus: string;
  readonly control: string;
}

try {
  await main();
} catch (error) {
  say({ event: 'refused', ...reasonOf(error) });
  process.exitCode = 1;
}

async function main(): Promise<void> {
  process.umask(0o077);
  const paths = parsePaths();
  demandPrivate(paths.nvm);
  demandPrivate(paths.fuse);
  demandPrivate(tamperLatchPath(paths.fuse));
  const locks = [await lockNvm(paths.nvm), await lockNvm(paths.fuse)];
  const power = new PowerSupply(() => process.kill(process.pid, 'SIGKILL'));
  const part = new SecurePart({
    nvm: power.feed(nvmFolder(paths.nvm)),
    fuses: power.feed(fuseFile(paths.fuse)),
    random: (length) => new Uint8Array(randomBytes(length)),
    poweredMs: () => performance.now(),
    tamperLatch: () => readTamperLatch(paths.fuse),
  });
  const bus = await serveVirtualBus({ path: paths.bus, handle: (request, origin) => part.handle(request, origin) });
  const control = await serveControl(paths.control, (request) => operate(part, power, request));

  const end = async (): Promise<void> => {
    control.close();
    await bus.close();
    for (const lock of locks) lock.release();
    process.exit(0);
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  process.stdin.once('end', end).once('error', end).resume();
  const { fault } = part;
  say({ event: 'ready', bus: paths.bus, control: paths.control, ...(fault && { fault: reasonOf(fault) }) });
}

function parsePaths(): Paths {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { nvm: text, fuse: text, bus: text, control: text } });
  const { nvm, fuse, bus, control } = values;
  if (nvm === undefined || fuse === undefined || bus === undefined || control === undefined) {
    throw new KeystileError('KS-U100', 'serve needs --nvm, --fuse, --bus and --control');
  }
  return { nvm, fuse, bus, control };
}

/** The pins and the power supply of the part. */
async function operate(
  part: SecurePart,
  power: PowerSupply,
  request: ControlRequest,
): Promise<Record<string, unknown>> {
  switch (request.op) {
    case 'reset-line':
      part.assertResetLine();
      return {};
    case 'tamper':
      await part.tamper(request.cause);
      return {};
    case 'power-cut':
      power.cutLater({ atWrite: request.atWrite });
      return {};
    case 'status':
      return { ...part.summary };
  }
}

function say(line: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function reasonOf(error: unknown): { code: string; detail: string } {
  if (error instanceof KeystileError) return { code: error.code, detail: error.detail };
  return { code: 'KS-C100', detail: error instanceof Error ? error.message : String(error) };
}
