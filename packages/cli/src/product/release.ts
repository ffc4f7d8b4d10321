/**
 * Installs the air conditioner's firmware and configuration in the home, as signed releases.
 *
 * `release.json` remembers from which *source* each release was made. Only when the repository's source (or the wanted
 * configuration) differs from that is a new release installed, with the next version. An installed copy that somebody
 * changed is never signed: it stays as it is, and the secure IC refuses it.
 *
 * A release is staged beside the old one and its record is written last, so that a cut in between makes it again.
 */
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { firmwareImage } from '@keystile/device';
import { KeystileError } from '@keystile/errors';
import { z } from 'zod';
import { writeWhole } from '../home/create.ts';

export interface ReleasePaths {
  /** What runs. */
  readonly firmware: string;
  readonly firmwareManifest: string;
  readonly configuration: string;
  readonly configurationManifest: string;
  readonly record: string;
  /** So that the firmware's package imports resolve; it is not part of what is measured. */
  readonly packages: string;
}

export interface ReleaseOrder {
  /** Folder of the firmware's source. */
  readonly source: string;
  /** What the configuration file shall hold. */
  readonly configuration: object;
  readonly sign: (release: UnsignedRelease) => Promise<SignedManifests>;
}

export interface UnsignedRelease {
  readonly firmware: Uint8Array;
  readonly firmwareVersion: number;
  readonly configuration: Uint8Array;
  readonly configurationVersion: number;
}

export interface SignedManifests {
  readonly firmwareManifest: Uint8Array;
  readonly configurationManifest: Uint8Array;
}

/** What changed; nothing, on most starts. */
export interface Installed {
  readonly firmware: { readonly version: number; readonly isNew: boolean };
  readonly configuration: { readonly version: number; readonly isNew: boolean };
}

const entry = z.strictObject({ version: z.int().min(1), sourceDigest: z.string().regex(/^[0-9a-f]{64}$/) });
const recordSchema = z.strictObject({
  format: z.literal(1),
  firmware: entry.optional(),
  configuration: entry.optional(),
});
type ReleaseRecord = z.infer<typeof recordSchema>;

const repository = fileURLToPath(new URL('../../../../', import.meta.url));
/** The example's source in this repository. */
export const airConditionerSource: string = join(repository, 'examples', 'air-conditioner', 'src');

export function releasePaths(device: string): ReleasePaths {
  return {
    firmware: join(device, 'firmware'),
    firmwareManifest: join(device, 'firmware.manifest'),
    configuration: join(device, 'air-conditioner.json'),
    configurationManifest: join(device, 'configuration.manifest'),
    record: join(device, 'release.json'),
    packages: join(device, 'node_modules'),
  };
}

export async function installRelease(paths: ReleasePaths, order: ReleaseOrder): Promise<Installed> {
  const before = await readRecord(paths.record);
  const configuration = Buffer.from(`${JSON.stringify(order.configuration, undefined, 2)}\n`);
  const firmwareEntry = nextEntry(before.firmware, await firmwareImage(order.source));
  const configurationEntry = nextEntry(before.configuration, configuration);
  const installed: Installed = {
    firmware: { version: firmwareEntry.version, isNew: firmwareEntry !== before.firmware },
    configuration: { version: configurationEntry.version, isNew: configurationEntry !== before.configuration },
  };
  if (installed.firmware.isNew || installed.configuration.isNew) {
    await install(paths, order, { configuration, installed });
    const record: ReleaseRecord = { format: 1, firmware: firmwareEntry, configuration: configurationEntry };
    await writeWhole(paths.record, `${JSON.stringify(record, undefined, 2)}\n`);
  }
  await linkPackages(paths.packages);
  return installed;
}

type Entry = z.infer<typeof entry>;

function nextEntry(before: Entry | undefined, source: Uint8Array): Entry {
  const sourceDigest = createHash('sha256').update(source).digest('hex');
  return before?.sourceDigest === sourceDigest ? before : { version: (before?.version ?? 0) + 1, sourceDigest };
}

/** Both parts together, from the source: what is signed is never read from what is installed. */
async function install(
  paths: ReleasePaths,
  order: ReleaseOrder,
  { configuration, installed }: { configuration: Uint8Array; installed: Installed },
): Promise<void> {
  const staged = `${paths.firmware}.next`;
  await rm(staged, { recursive: true, force: true });
  await cp(order.source, staged, { recursive: true });
  // Without it Node would have to guess that the files are ES modules.
  await writeFile(join(staged, 'package.json'), '{ "type": "module" }\n');
  const manifests = await order.sign({
    firmware: await firmwareImage(staged),
    firmwareVersion: installed.firmware.version,
    configuration,
    configurationVersion: installed.configuration.version,
  });
  await rm(paths.firmware, { recursive: true, force: true });
  await rename(staged, paths.firmware);
  await writeWhole(paths.configuration, configuration);
  await writeWhole(paths.firmwareManifest, manifests.firmwareManifest);
  await writeWhole(paths.configurationManifest, manifests.configurationManifest);
}

/** The repository may have moved since the last start. */
async function linkPackages(path: string): Promise<void> {
  const target = join(repository, 'node_modules');
  if ((await readlink(path).catch(() => undefined)) === target) return;
  await rm(path, { recursive: true, force: true });
  await mkdir(join(path, '..'), { recursive: true });
  await symlink(target, path);
}

async function readRecord(path: string): Promise<ReleaseRecord> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{"format":1}';
    throw new KeystileError('KS-U122', `${path}: ${error.message}`, { cause: error });
  });
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new KeystileError('KS-U124', `${path} is not what this version wrote`, { cause });
  }
}
