/**
 * The secure IC of a home: its process, and the factory's two steps that turn an empty part into the device's.
 *
 * The part makes its keys itself; what happens here is what a maker and a factory line do with a part on the bench.
 */
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import {
  authorityFolder,
  type Fleet,
  fleetPolicy,
  makePart,
  type PairableCaller,
  type ProvisionedDevice,
  provisionPart,
  Registry,
  recoveryPolicy,
  registryPath,
} from '@keystile/authority';
import { type PartProcess, spawnPart } from '@keystile/chip/node';
import {
  HostPairing,
  loadHostPairing,
  openPart,
  type PairingCheck,
  type Part,
  saveHostPairing,
} from '@keystile/device';
import { KeystileError } from '@keystile/errors';
import type { HomePaths } from '../home/paths.ts';
import type { Exit } from '../processes/program.ts';
import type { Supervised } from '../processes/supervisor.ts';
import { deviceCertificate } from './device-certificate.ts';

export const PART_MODEL = 'keystile-virtual-1';
/** The name that the policies of the part may dial. */
export const BROKER_NAME = 'localhost';
const LOT = 'lot-1';

/** Unique in a fleet of one; a maker counts instead. */
export function newSerial(): string {
  return `KV-${randomBytes(5).toString('hex').toUpperCase()}`;
}

export async function startPartProcess(paths: HomePaths, serial: string): Promise<Supervised> {
  // A full disk must not end the part: the log is lost, the part goes on.
  const log = createWriteStream(join(paths.run, 'secure-ic.log'), { mode: 0o600 }).on('error', () => undefined);
  const part = await spawnPart({
    nvmFolder: join(paths.parts, serial, 'nvm'),
    fuseFile: join(paths.parts, `${serial}.fuse`),
    busPath: paths.busSocket,
    controlPath: paths.controlSocket,
    log: (line) => void log.write(`${line}\n`),
  });
  void part.exited.then(() => log.end());
  return { name: 'secure IC', pid: part.pid, exited: exitOf(part), stop: () => part.stop() };
}

/** Maker's step and factory line over the bus; the part is locked afterwards, for ever, and obeys this home alone. */
export async function makeAndProvision(
  paths: HomePaths,
  { fleet, serial, bus }: { fleet: Fleet; serial: string; bus: string },
): Promise<ProvisionedDevice> {
  const registry = await Registry.open(registryPath(authorityFolder(paths.home)));
  const part = await openPart({ path: paths.busSocket, bus, pairing: HostPairing.create() });
  try {
    const now = Date.now;
    await makePart(part, { fleet, registry, serial, model: PART_MODEL, now });
    const scope = { root: fleet.authorities.root.der, serverNames: [BROKER_NAME] };
    const policies = [fleetPolicy(scope), recoveryPolicy(scope)];
    return await provisionPart(keepingPairing(part, paths), {
      fleet,
      registry,
      model: PART_MODEL,
      lot: LOT,
      policies,
      now,
    });
  } finally {
    part.close();
  }
}

/** A locked part whose host has lost its key is of no use: the key is on the disk before the line goes on. */
function keepingPairing(part: Part, paths: HomePaths): PairableCaller {
  return {
    call: (command, request) => part.call(command, request),
    pair: async (check: PairingCheck) => {
      await part.pair(check);
      if (part.pairing !== undefined) await saveHostPairing(paths.hostPairing, part.pairing);
    },
  };
}

/** Who the part is, from its own certificate. */
export async function certifiedIdentity(paths: HomePaths, bus: string): Promise<string> {
  const part = await openPart({ path: paths.busSocket, bus, pairing: await loadHostPairing(paths.hostPairing) });
  try {
    const certificate = await deviceCertificate(part);
    const identity = /URI:(urn:keystile:[^,\s]+)/.exec(certificate?.subjectAltName ?? '')?.[1];
    if (identity === undefined) throw new KeystileError('KS-U111', 'the part holds no device certificate');
    return identity;
  } finally {
    part.close();
  }
}

async function exitOf(part: PartProcess): Promise<Exit> {
  const { code, signal } = await part.exited;
  return { name: 'secure IC', code, signal, lastWords: 'see secure-ic.log', refusal: undefined };
}
