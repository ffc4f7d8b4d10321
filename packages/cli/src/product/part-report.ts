/** What the running part says about itself, over a bus link and a channel of its own beside the device's. */
import { stat } from 'node:fs/promises';
import { loadHostPairing, openPart } from '@keystile/device';
import { commands } from '@keystile/link';
import type { HomePaths } from '../home/paths.ts';
import { type CertificateNews, expiry } from './certificates.ts';
import { deviceCertificate } from './device-certificate.ts';

export interface PartReport {
  readonly serial: string;
  readonly model: string;
  readonly partVersion: string;
  readonly vault: string;
  readonly lifeCycle: string;
  readonly tampered: boolean;
  readonly bootState: string;
  readonly bootArmed: boolean;
  readonly firmwareVersion: number;
  readonly configurationVersion: number;
  readonly firmwareVersionMin: number;
  readonly configurationVersionMin: number;
  /** SHA-256 over the root certificates that it holds. */
  readonly anchorsDigest: string;
  readonly now: string;
  readonly timeFloor: string;
  readonly bootCount: number;
  readonly nvmGeneration: number;
  readonly sessionsOpen: number;
  /** Code of the self-test that failed; empty when none has. */
  readonly errorState: string;
  /** Commands that the part refuses for now, since they have written enough. */
  readonly throttled: readonly { readonly command: string; readonly waitSeconds: number }[];
  readonly certificate: CertificateNews | undefined;
  readonly custody: string;
}

export async function reportPart(paths: HomePaths, bus: string): Promise<PartReport> {
  const part = await openPart({ path: paths.busSocket, bus, pairing: await loadHostPairing(paths.hostPairing) });
  try {
    const info = await part.call(commands.info, {});
    const { timeFloorMs, nowMs, anchorsDigest, throttled, ...status } = await part.call(commands.status, {});
    const certificate = await deviceCertificate(part).catch(() => undefined);
    return {
      serial: info.serial,
      model: info.model,
      partVersion: info.partVersion,
      vault: info.vault,
      ...status,
      anchorsDigest: Buffer.from(anchorsDigest).toString('hex'),
      now: new Date(nowMs).toISOString(),
      timeFloor: new Date(timeFloorMs).toISOString(),
      throttled: throttled.map(({ opcode, waitSeconds }) => ({ command: nameOf(opcode), waitSeconds })),
      certificate: certificate === undefined ? undefined : expiry('device', certificate, Date.now()),
      custody: await custodyOf(paths),
    };
  } finally {
    part.close();
  }
}

function nameOf(opcode: number): string {
  return Object.values(commands).find((command) => command.opcode === opcode)?.name ?? `opcode ${opcode}`;
}

/** Where the keys rest, and what that is worth. The owner of the bus socket is the user that the part runs as. */
async function custodyOf(paths: HomePaths): Promise<string> {
  const { uid } = await stat(paths.busSocket);
  return uid === process.getuid?.()
    ? 'virtual part under the same user id: demonstration (whoever is this user can read its memory and files)'
    : `virtual part under user id ${uid}: keys are out of this user's reach, and within reach of root`;
}
