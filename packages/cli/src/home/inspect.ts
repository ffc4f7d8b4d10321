/** What a home folder is, from its outside: absent, half-written, complete, or not ours. It changes nothing. */
import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { KeystileError } from '@keystile/errors';
import { z } from 'zod';
import { type HomePaths, homeEntries } from './paths.ts';

/** 2: the policies in the part say what they are for and what they ask of revocation; a part of format 1 has none such. */
export const HOME_FORMAT = 2;

const recordSchema = z.strictObject({
  format: z.literal(HOME_FORMAT),
  fleet: z.string().min(1),
  createdAt: z.iso.datetime(),
  device: z.strictObject({ id: z.string().min(1), serial: z.string().min(1) }),
  complete: z.literal(true),
});

/** `keystile.json`: what the first start made. */
export type HomeRecord = z.infer<typeof recordSchema>;

export type HomeState =
  /** No folder, or an empty one. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'half-written'; readonly entries: readonly string[] }
  | { readonly kind: 'complete'; readonly record: HomeRecord; readonly entries: readonly string[] }
  | { readonly kind: 'foreign'; readonly entries: readonly string[]; readonly strange: readonly string[] };

export async function inspectHome(paths: HomePaths): Promise<HomeState> {
  const entries = await entriesOf(paths.home);
  const strange = entries.filter((name) => !isHomeEntry(name));
  if (strange.length > 0) return { kind: 'foreign', entries, strange };
  // A lock alone is what a first start leaves that was refused before it wrote anything.
  if (entries.every((name) => name === 'lock')) return { kind: 'absent' };
  const record = entries.includes(basename(paths.record)) ? await readRecord(paths.record) : undefined;
  return record === undefined ? { kind: 'half-written', entries } : { kind: 'complete', record, entries };
}

/** For every verb that uses a home and does not make one. Throws KS-U111, U114, U115 or U124. */
export async function requireHome(paths: HomePaths): Promise<HomeRecord> {
  const state = await inspectHome(paths);
  if (state.kind === 'complete') return state.record;
  if (state.kind === 'absent') throw new KeystileError('KS-U115', `there is nothing in ${paths.home}`);
  throw unusableHome(paths, state);
}

export function unusableHome(
  paths: HomePaths,
  state: Extract<HomeState, { kind: 'half-written' | 'foreign' }>,
): KeystileError {
  return state.kind === 'half-written'
    ? new KeystileError('KS-U111', `${paths.home} holds ${state.entries.join(', ')} but no complete keystile.json`)
    : new KeystileError(
        'KS-U114',
        `${paths.home} holds ${state.strange.slice(0, 5).join(', ')}, which Keystile did not make`,
      );
}

async function entriesOf(home: string): Promise<readonly string[]> {
  try {
    return (await readdir(home)).toSorted();
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw new KeystileError('KS-U122', `${home}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** What an atomic write or a lock left behind when it was cut off counts as ours. */
function isHomeEntry(name: string): boolean {
  return homeEntries.some((entry) => name === entry || (name.startsWith(`${entry}.`) && name.endsWith('.tmp')));
}

/** Undefined when it does not parse: then it was cut off. A whole record of another format is KS-U124. */
async function readRecord(path: string): Promise<HomeRecord | undefined> {
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw new KeystileError('KS-U122', `${path}: ${cause.message}`, { cause });
  });
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return undefined;
  }
  const record = recordSchema.safeParse(content);
  if (record.success) return record.data;
  throw new KeystileError('KS-U124', `${path}: ${z.prettifyError(record.error).replaceAll('\n', ' ')}`);
}
