import { createPrivateKey, type KeyObject } from 'node:crypto';
import { KeystileError } from '@keystile/errors';
import { z } from 'zod';
import { fleetFilePath } from './layout.ts';
import { exists, readStateFile } from './private-file.ts';

/** `fleet.json`: the fleet's name, and the sign that the root ceremony was finished. */
const fleetRecord = z.strictObject({ format: z.literal(1), name: z.string(), createdAt: z.iso.datetime() });

export async function readFleetRecord(folder: string): Promise<{ name: string; createdAtMs: number }> {
  const path = fleetFilePath(folder);
  if ((await exists(folder)) && !(await exists(path))) {
    throw new KeystileError(
      'KS-A100',
      `${folder} is half-written: fleet.json, the last file of the ceremony, is missing`,
    );
  }
  const parsed = fleetRecord.safeParse(parseJson(path, await readStateFile(path)));
  if (!parsed.success) throw new KeystileError('KS-A104', `${path}: ${z.prettifyError(parsed.error)}`);
  return { name: parsed.data.name, createdAtMs: Date.parse(parsed.data.createdAt) };
}

export function parsePrivateKey(path: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new KeystileError('KS-A104', `${path} is not a private key`, { cause });
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KeystileError('KS-A104', `${path} is not JSON`, { cause });
  }
}
