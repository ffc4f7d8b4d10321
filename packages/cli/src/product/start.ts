/**
 * Starts the whole product on one home, step by step. Ceremonies come first, with every key at hand; then the programs
 * that face the network, none of which holds an issuing key.
 *
 *   fleet → secure IC ─(first start)→ made, provisioned → firmware release → record → broker → authority → air conditioner
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Fleet, signRelease } from '@keystile/authority';
import { makeHomeFolder, markHome, writeRecord } from '../home/create.ts';
import { HOME_FORMAT, type HomeRecord, inspectHome, unusableHome } from '../home/inspect.ts';
import { writeInstance } from '../home/instance.ts';
import { refuseWideModes } from '../home/key-modes.ts';
import { type HomePaths, homeEntries, refuseLongSocketPaths } from '../home/paths.ts';
import { Interrupted, type Interruption } from '../processes/interruption.ts';
import { freePort, refuseBusyPorts } from '../processes/ports.ts';
import type { JsonLine } from '../processes/program.ts';
import type { Supervisor } from '../processes/supervisor.ts';
import { writeBrokerConfiguration } from './broker-configuration.ts';
import { FLEET_NAME, prepareFleet } from './fleet.ts';
import { BROKER_NAME, certifiedIdentity, makeAndProvision, newSerial, PART_MODEL, startPartProcess } from './part.ts';
import { airConditionerProgram, authorityProgram, brokerProgram } from './programs.ts';
import { airConditionerSource, type Installed, installRelease, releasePaths } from './release.ts';

/** 0 takes a free port. */
export interface StartPorts {
  readonly broker: number;
  readonly websocket: number;
  readonly console: number;
}

export interface StartOptions {
  readonly paths: HomePaths;
  /** For example `spi:10MHz`. */
  readonly bus: string;
  readonly ports: StartPorts;
  readonly timeScale: number;
  readonly supervisor: Supervisor;
  readonly interruption: Interruption;
  /** Progress, for a person. */
  readonly say: (line: string) => void;
  /** What a program reports once it runs. */
  readonly onLine: (program: string, line: JsonLine) => void;
}

export interface Handshake {
  readonly protocol: string;
  readonly cipherSuite: string;
  readonly group: string;
  readonly ms: number;
  readonly busFrames: number;
  readonly busBytes: number;
}

export interface RunningProduct {
  readonly record: HomeRecord;
  /** `urn:keystile:…`, from the certificate in the part. */
  readonly identity: string;
  readonly isNew: boolean;
  readonly rootFingerprint: string;
  readonly installed: Installed;
  /** The ports as they are. */
  readonly ports: StartPorts;
  /** Address of the page. */
  readonly console: string;
  /** The one-time link to sign in. */
  readonly link: string;
  readonly handshake: Handshake;
}

/** Everything but the programs that face the network. */
interface Prepared {
  readonly fleet: Fleet;
  readonly record: HomeRecord;
  readonly isNew: boolean;
  readonly installed: Installed;
}

/** The home must be locked. Whatever was started is with the supervisor when this throws. */
export async function startProduct(options: StartOptions): Promise<RunningProduct> {
  const { paths } = options;
  const state = await inspectHome(paths);
  if (state.kind === 'half-written' || state.kind === 'foreign') throw unusableHome(paths, state);
  if (state.kind === 'complete') await refuseWideModes(paths);
  await refuseBusyPorts([
    { port: options.ports.broker, flag: '--broker-port', purpose: 'MQTT over TLS' },
    { port: options.ports.websocket, flag: '--websocket-port', purpose: 'MQTT over WebSocket' },
    { port: options.ports.console, flag: '--console-port', purpose: 'the page' },
  ]);
  const prepared = state.kind === 'complete' ? await prepareAgain(options, state.record) : await prepareFirst(options);
  return startPrograms(options, prepared);
}

/** Takes the lock's folder into being; must come before the lock. */
export async function openHomeFolder(paths: HomePaths): Promise<void> {
  refuseLongSocketPaths(paths);
  const state = await inspectHome(paths);
  if (state.kind === 'foreign') throw unusableHome(paths, state);
  if (state.kind === 'absent') await makeHomeFolder(paths);
}

/** A first start that fails takes back what it made: only one that was killed leaves a half-written home. */
async function prepareFirst(options: StartOptions): Promise<Prepared> {
  try {
    return await makeEverything(options);
  } catch (error) {
    await options.supervisor.stop();
    for (const entry of homeEntries) {
      if (entry !== 'lock') await rm(join(options.paths.home, entry), { recursive: true, force: true });
    }
    throw error;
  }
}

async function makeEverything(options: StartOptions): Promise<Prepared> {
  const { paths, say, supervisor } = options;
  await markHome(paths);
  say('Making a root, issuing CAs and keys …');
  const fleet = await prepareFleet(paths, true);
  stopIfInterrupted(options);
  say('Making the secure IC and taking it through the factory …');
  const serial = newSerial();
  supervisor.adopt(await startPartProcess(paths, serial));
  stopIfInterrupted(options);
  const device = await makeAndProvision(paths, { fleet, serial, bus: options.bus });
  stopIfInterrupted(options);
  say('Signing firmware and configuration …');
  const installed = await installFor(paths, fleet, device.id);
  const record: HomeRecord = {
    format: HOME_FORMAT,
    fleet: FLEET_NAME,
    createdAt: new Date().toISOString(),
    device: { id: device.id, serial },
    complete: true,
  };
  await writeRecord(paths, record);
  return { fleet, record, isNew: true, installed };
}

async function prepareAgain(options: StartOptions, record: HomeRecord): Promise<Prepared> {
  const { paths, supervisor } = options;
  const fleet = await prepareFleet(paths, false);
  const installed = await installFor(paths, fleet, record.device.id);
  stopIfInterrupted(options);
  supervisor.adopt(await startPartProcess(paths, record.device.serial));
  return { fleet, record, isNew: false, installed };
}

function installFor(paths: HomePaths, fleet: Fleet, id: string): Promise<Installed> {
  return installRelease(releasePaths(paths.device), {
    source: airConditionerSource,
    configuration: {
      format: 1,
      id,
      policy: 'fleet',
      server: BROKER_NAME,
      // Each unit has a summer of its own, the same at each start.
      seed: Number.parseInt(id.slice(-6), 16),
      startsWith: { mode: 'cool', setPoint: 24 },
    },
    sign: (release) => signRelease(fleet.keys.boot, { ...release, model: PART_MODEL }),
  });
}

async function startPrograms(options: StartOptions, prepared: Prepared): Promise<RunningProduct> {
  const { paths, onLine } = options;
  const identity = await certifiedIdentity(paths, options.bus);
  // The broker checks the page's Origin, so the page's port must be known before either of them starts.
  const consolePort = options.ports.console === 0 ? await freePort() : options.ports.console;
  const brokerFile = await writeBrokerConfiguration(paths, { ...options.ports, console: consolePort });
  const brokerReady = await startOrStop(
    options,
    brokerProgram(paths, brokerFile, (line) => onLine('broker', line)),
  );
  const broker = portOf(brokerReady, 'mqtts');
  const websocket = portOf(brokerReady, 'wss');
  const addresses = { consolePort, brokerPort: broker, websocketPort: websocket };
  const authority = await startOrStop(
    options,
    authorityProgram(paths, addresses, (line) => onLine('authority', line)),
  );
  const release = releasePaths(paths.device);
  const firmware = { release, bus: options.bus, brokerPort: broker, timeScale: options.timeScale };
  const device = await startOrStop(
    options,
    airConditionerProgram(paths, firmware, (line) => onLine('air conditioner', line)),
  );
  const ports = { broker, websocket, console: consolePort };
  const address = String(authority.console);
  await writeInstance(paths, {
    pid: process.pid,
    startedAt: new Date().toISOString(),
    bus: options.bus,
    ports,
    console: address,
  });
  return {
    record: prepared.record,
    identity,
    isNew: prepared.isNew,
    rootFingerprint: prepared.fleet.rootFingerprint,
    installed: prepared.installed,
    ports,
    console: address,
    link: String(authority.link),
    handshake: device.handshake as Handshake,
  };
}

function startOrStop(options: StartOptions, spec: Parameters<Supervisor['start']>[0]): Promise<JsonLine> {
  stopIfInterrupted(options);
  const interrupted = options.interruption.requested.then(() => {
    throw new Interrupted();
  });
  return Promise.race([options.supervisor.start(spec), interrupted]);
}

function stopIfInterrupted({ interruption }: StartOptions): void {
  if (interruption.isRequested) throw new Interrupted();
}

/** `listeners` of the broker's ready line. */
function portOf(ready: JsonLine, kind: string): number {
  const listeners = ready.listeners as readonly { readonly kind: string; readonly port: number }[];
  const listener = listeners.find((each) => each.kind === kind);
  if (listener === undefined) throw new TypeError(`the broker has no ${kind} listener`);
  return listener.port;
}
