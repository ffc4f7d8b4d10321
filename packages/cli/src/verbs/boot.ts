/** `keystile boot …`: signs what a model may run, says whether images are what was signed, and what the part measured. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  authorityFolder,
  type ReleaseImages,
  readBootKey,
  readBootPublicKey,
  type SignedRelease,
  signRelease,
  statementKeyPath,
  verifyRelease,
} from '@keystile/authority';
import { measuredImage } from '@keystile/device';
import { KeystileError } from '@keystile/errors';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { requireInstance } from '../home/instance.ts';
import type { HomePaths } from '../home/paths.ts';
import { reportPart } from '../product/part-report.ts';
import type { AddVerb, VerbContext } from './context.ts';

export const addBoot: AddVerb = (program, context) => {
  const group = program.command('boot').description('secure boot: what a device may run');
  withImages(group.command('sign'))
    .description('sign firmware and configuration: writes firmware.manifest and configuration.manifest')
    .requiredOption('--model <model>', 'the model of part that may run them')
    .requiredOption('--firmware-version <n>', 'from 1 on; a part refuses less than what has proved itself', wholeNumber)
    .requiredOption('--configuration-version <n>', 'counted on its own, by the same rule', wholeNumber)
    .option('--key <file>', "private boot key, P-256 in PEM, mode 0600 (default: the home's)")
    .option('--out <folder>', 'where the manifests go', '.')
    .action((flags: SignFlags) => bootSign(flags, context()));
  withImages(group.command('verify'))
    .description('say whether firmware and configuration are what two manifests were signed for')
    .option('--manifests <folder>', 'where the manifests lie', '.')
    .option('--key <file>', "public boot key in PEM (default: the home's)")
    .action((flags: VerifyFlags) => bootVerify(flags, context()));
  group
    .command('status')
    .description('what the part of the running system measured, and the versions that it still accepts')
    .action(() => bootStatus(context()));
};

interface ImageFlags {
  readonly firmware: string;
  readonly configuration: string;
}

interface SignFlags extends ImageFlags {
  readonly model: string;
  readonly firmwareVersion: number;
  readonly configurationVersion: number;
  readonly key?: string;
  readonly out: string;
}

interface VerifyFlags extends ImageFlags {
  readonly manifests: string;
  readonly key?: string;
}

function withImages(command: Command): Command {
  return command
    .requiredOption('--firmware <path>', 'first stage: a folder, or one file')
    .requiredOption('--configuration <file>', 'what the device is configured with');
}

async function bootSign(flags: SignFlags, { output, json, paths }: VerbContext): Promise<void> {
  const { model, firmwareVersion, configurationVersion } = flags;
  const key = await readBootKey(flags.key ?? homeBootKey(paths()));
  const images = await readImages(flags);
  const signed = await signRelease(key, { model, firmwareVersion, configurationVersion, ...images });
  const files = manifestPaths(flags.out);
  await writeManifests(flags.out, signed);
  const verified = verifyRelease(key, { ...signed, ...images });
  if (json) output.json({ ok: true, ...verified, ...files });
  else {
    output.data(`${files.firmware}  firmware version ${firmwareVersion} of ${model}, ${images.firmware.length} bytes`);
    output.data(
      `${files.configuration}  configuration version ${configurationVersion} of ${model}, ${images.configuration.length} bytes`,
    );
  }
}

async function bootVerify(flags: VerifyFlags, { output, json, paths }: VerbContext): Promise<void> {
  const key = await readBootPublicKey(flags.key ?? homeBootKey(paths()));
  const verified = verifyRelease(key, { ...(await readManifests(flags.manifests)), ...(await readImages(flags)) });
  if (json) output.json({ ok: true, ...verified });
  else {
    const { model, firmwareVersion, configurationVersion } = verified;
    output.data(
      `These images are signed for ${model}: firmware version ${firmwareVersion}, configuration version ${configurationVersion}.`,
    );
  }
}

async function bootStatus({ output, json, paths: pathsOf }: VerbContext): Promise<void> {
  const paths = pathsOf();
  const { bus } = await requireInstance(paths);
  const { serial, bootState, bootArmed, bootCount, ...report } = await reportPart(paths, bus);
  const { firmwareVersion, firmwareVersionMin, configurationVersion, configurationVersionMin } = report;
  if (json) {
    const firmware = { version: firmwareVersion, versionMin: firmwareVersionMin };
    const configuration = { version: configurationVersion, versionMin: configurationVersionMin };
    output.json({ serial, bootState, bootArmed, bootCount, firmware, configuration });
    return;
  }
  output.data(`${serial}: boot ${bootState}, ${bootCount} boots${bootArmed ? ', armed by the reset line' : ''}`);
  output.data(`firmware       version ${firmwareVersion}; older than ${firmwareVersionMin} is refused`);
  output.data(`configuration  version ${configurationVersion}; older than ${configurationVersionMin} is refused`);
}

function homeBootKey(paths: HomePaths): string {
  return statementKeyPath(authorityFolder(paths.home), 'boot');
}

async function readImages({ firmware, configuration }: ImageFlags): Promise<ReleaseImages> {
  return { firmware: await measuredImage(firmware), configuration: await measuredImage(configuration) };
}

function manifestPaths(folder: string): { readonly firmware: string; readonly configuration: string } {
  return { firmware: join(folder, 'firmware.manifest'), configuration: join(folder, 'configuration.manifest') };
}

async function writeManifests(folder: string, signed: SignedRelease): Promise<void> {
  const files = manifestPaths(folder);
  await atPath(folder, async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(files.firmware, signed.firmwareManifest);
    await writeFile(files.configuration, signed.configurationManifest);
  });
}

async function readManifests(folder: string): Promise<SignedRelease> {
  const files = manifestPaths(folder);
  return {
    firmwareManifest: await atPath(files.firmware, () => readFile(files.firmware)),
    configurationManifest: await atPath(files.configuration, () => readFile(files.configuration)),
  };
}

async function atPath<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new KeystileError('KS-U122', `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function wholeNumber(text: string): number {
  if (!/^[1-9][0-9]{0,9}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1 on.');
  return Number(text);
}
