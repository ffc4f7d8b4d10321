import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { KeystileError } from '@keystile/errors';
import {
  type BusFaultRates,
  type ControlRequest,
  parseBusFaults,
  serveControl,
  serveVirtualBus,
} from '@keystile/link/node';
import { SecurePart } from '../secure-part.ts';
import { lockNvm } from './nvm-lock.ts';
import { PARTS_MAX, type PartPaths, pathsOfParts } from './part-paths.ts';
import { PowerSupply } from './power-cut.ts';
import { demandPrivate, fuseFile, nvmFolder } from './slot-files.ts';
import { readTamperLatch, tamperLatchPath } from './tamper-latch.ts';
import { isTimingProfile, ProfilePace, type TimingProfile } from './timing-profile.ts';

/**
 * The virtual part: one process, one part, or for simulation many that share its power supply.
 *
 *   node --permission … serve.ts --nvm FOLDER --fuse FILE --bus SOCKET --control SOCKET
 *        [--profile NAME] [--bus-faults seed=…,flip=…] [--cut-power-at-write K] [--parts N]
 *
 * `spawnPart` computes the permissions. One JSON line on stdout says `ready`, or `refused` with a code before it ends.
 * It ends on SIGTERM, SIGINT and when stdin ends, which is how it learns that its parent is gone.
 */

// First of all: Node opens its inspector on SIGUSR1, and with it every secret of the process.
process.on('SIGUSR1', () => {});

interface Order {
  readonly paths: PartPaths;
  readonly profile: TimingProfile;
  readonly faults: BusFaultRates | undefined;
  readonly cutPowerAtWrite: number | undefined;
  readonly parts: number;
}

interface Running {
  readonly part: SecurePart;
  readonly paths: PartPaths;
  end(): Promise<void>;
}

try {
  await main();
} catch (error) {
  say({ event: 'refused', ...reasonOf(error) });
  // What was opened before would keep the process, and its locks.
  process.exit(1);
}

async function main(): Promise<void> {
  process.umask(0o077);
  const order = parseOrder();
  const power = new PowerSupply(() => process.kill(process.pid, 'SIGKILL'));
  if (order.cutPowerAtWrite !== undefined) power.cutLater({ atWrite: order.cutPowerAtWrite });
  const running: Running[] = [];
  for (const paths of pathsOfParts(order.paths, order.parts)) running.push(await startPart(paths, power, order));

  const end = async (): Promise<void> => {
    for (const each of running) await each.end();
    process.exit(0);
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  process.stdin.once('end', end).once('error', end).resume();
  say({ event: 'ready', profile: order.profile, parts: running.map(describe) });
}

async function startPart(paths: PartPaths, power: PowerSupply, { profile, faults }: Order): Promise<Running> {
  demandPrivate(paths.nvmFolder);
  demandPrivate(paths.fuseFile);
  demandPrivate(tamperLatchPath(paths.fuseFile));
  const locks = [await lockNvm(paths.nvmFolder), await lockNvm(paths.fuseFile)];
  const part = new SecurePart({
    nvm: power.feed(nvmFolder(paths.nvmFolder)),
    fuses: power.feed(fuseFile(paths.fuseFile)),
    random: (length) => new Uint8Array(randomBytes(length)),
    poweredMs: () => performance.now(),
    tamperLatch: () => readTamperLatch(paths.fuseFile),
    pace: new ProfilePace(profile),
  });
  const bus = await serveVirtualBus({
    path: paths.busPath,
    handle: (request, origin) => part.handle(request, origin),
    ...(faults && { faults }),
  });
  const control = await serveControl(paths.controlPath, (request) => operate(part, { power, profile }, request));
  const end = async (): Promise<void> => {
    control.close();
    await bus.close();
    for (const lock of locks) lock.release();
  };
  return { part, paths, end };
}

function describe({ part: { fault }, paths }: Running): Record<string, unknown> {
  return { bus: paths.busPath, control: paths.controlPath, ...(fault && { fault: reasonOf(fault) }) };
}

function parseOrder(): Order {
  const text = { type: 'string' } as const;
  const needed = { nvm: text, fuse: text, bus: text, control: text };
  const optional = { profile: text, 'bus-faults': text, 'cut-power-at-write': text, parts: text };
  const { values } = parseArgs({ options: { ...needed, ...optional } });
  const { nvm, fuse, bus, control, profile = 'none', parts = '1' } = values;
  if (nvm === undefined || fuse === undefined || bus === undefined || control === undefined) {
    throw new KeystileError('KS-U100', 'serve needs --nvm, --fuse, --bus and --control');
  }
  if (!isTimingProfile(profile)) throw new KeystileError('KS-U100', `--profile ${profile}: there is no such profile`);
  const faults = values['bus-faults'];
  const cut = values['cut-power-at-write'];
  return {
    paths: { nvmFolder: nvm, fuseFile: fuse, busPath: bus, controlPath: control },
    profile,
    faults: faults === undefined ? undefined : parseBusFaults(faults),
    cutPowerAtWrite: cut === undefined ? undefined : counted('--cut-power-at-write', cut),
    parts: counted('--parts', parts, PARTS_MAX),
  };
}

function counted(option: string, text: string, max: number = Number.MAX_SAFE_INTEGER): number {
  const count = Number(text);
  if (/^[0-9]+$/.test(text) && count >= 1 && count <= max) return count;
  throw new KeystileError('KS-U100', `${option} ${text}: a whole number from 1 to ${max}`);
}

/** The pins and the power supply of the part. */
async function operate(
  part: SecurePart,
  { power, profile }: { readonly power: PowerSupply; readonly profile: TimingProfile },
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
      return { ...part.summary, profile };
  }
}

function say(line: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function reasonOf(error: unknown): { code: string; detail: string } {
  if (error instanceof KeystileError) return { code: error.code, detail: error.detail };
  return { code: 'KS-C100', detail: error instanceof Error ? error.message : String(error) };
}
