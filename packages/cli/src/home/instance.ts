/** `run/instance.json`: where the running instance listens. Written when all programs are ready, removed at the end. */
import { readFile, rm } from 'node:fs/promises';
import { KeystileError } from '@keystile/errors';
import { z } from 'zod';
import { writeWhole } from './create.ts';
import { lockHolder } from './lock.ts';
import type { HomePaths } from './paths.ts';

const port = z.int().min(1).max(65_535);

const instanceSchema = z.strictObject({
  pid: z.int().positive(),
  startedAt: z.iso.datetime(),
  bus: z.string(),
  ports: z.strictObject({ broker: port, websocket: port, console: port }),
  console: z.url(),
});

export type Instance = z.infer<typeof instanceSchema>;

export function writeInstance(paths: HomePaths, instance: Instance): Promise<void> {
  return writeWhole(paths.instance, `${JSON.stringify(instance, undefined, 2)}\n`);
}

export function removeInstance(paths: HomePaths): Promise<void> {
  return rm(paths.instance, { force: true });
}

/** Undefined when nothing runs: a file that a killed instance left behind does not count. */
export async function runningInstance(paths: HomePaths): Promise<Instance | undefined> {
  const holder = await lockHolder(paths.lock);
  if (holder === undefined) return undefined;
  const text = await readFile(paths.instance, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const instance = instanceSchema.safeParse(JSON.parse(text));
  return instance.success && instance.data.pid === holder ? instance.data : undefined;
}

/** Throws KS-U116 when nothing runs. */
export async function requireInstance(paths: HomePaths): Promise<Instance> {
  const instance = await runningInstance(paths);
  if (instance === undefined) throw new KeystileError('KS-U116', `no instance runs on ${paths.home}`);
  return instance;
}
