/**
 * Secure boot, seen from the host: reset line, channel, then this folder and the configuration streamed into the part, then
 * both manifests. What the part did not verify it will not authenticate for; nothing here decides anything.
 */
import { readFile } from 'node:fs/promises';
import { bootPart, firmwareImage, loadHostPairing, openPart, type Part } from '@keystile/device';
import { KeystileError } from '@keystile/errors';
import { type Configuration, parseConfiguration } from './configuration.ts';
import type { Options } from './options.ts';
import type { ResetLine } from './reset-line.ts';

export interface Started {
  readonly part: Part;
  readonly configuration: Configuration;
  readonly firmwareVersion: number;
  readonly configurationVersion: number;
}

/** `folder` is the one that this firmware runs from. */
export async function startPart(options: Options, folder: string, resetLine: ResetLine): Promise<Started> {
  const [configurationBytes, firmwareManifest, configurationManifest, firmware] = await Promise.all([
    readRelease(options.configuration),
    readRelease(options.firmwareManifest),
    readRelease(options.configurationManifest),
    firmwareImage(folder),
  ]);
  const pairing = await loadHostPairing(options.pairing);
  await resetLine.assert();
  const part = await openPart({ path: options.busPath, bus: options.bus, pairing });
  try {
    const versions = await bootPart(part, {
      firmware,
      configuration: configurationBytes,
      firmwareManifest,
      configurationManifest,
    });
    return { part, configuration: parseConfiguration(configurationBytes), ...versions };
  } catch (error) {
    part.close();
    throw error;
  }
}

async function readRelease(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause: Error) => {
    throw new KeystileError('KS-U204', `${path}: ${cause.message}`, { cause });
  });
}
