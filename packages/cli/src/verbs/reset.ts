/**
 * `keystile reset`: removes the state, after showing what that is. It removes only the entries that Keystile makes, and
 * only from a folder that looks like a Keystile home; never while an instance runs on it.
 */
import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { KeystileError } from '@keystile/errors';
import { type HomeState, inspectHome, unusableHome } from '../home/inspect.ts';
import { lockHome } from '../home/lock.ts';
import type { HomePaths } from '../home/paths.ts';
import { confirm } from '../terminal/confirm.ts';
import type { AddVerb, VerbContext } from './context.ts';

export const addReset: AddVerb = (program, context) => {
  program
    .command('reset')
    .description('remove the state: certificates, keys, the virtual part and its memory')
    .option('-y, --yes', 'do not ask')
    .action((options: { yes?: boolean }) => reset(options.yes === true, context()));
};

async function reset(yes: boolean, { output, json, stdin, stderr, paths: pathsOf }: VerbContext): Promise<void> {
  const paths = pathsOf();
  const entries = await removableEntries(paths);
  if (entries.length === 0) {
    if (json) output.json({ ok: true, home: paths.home, removed: [] });
    else output.say(`There is nothing in ${paths.home}.`);
    return;
  }
  const lock = await lockHome(paths.lock);
  try {
    if (!json) for (const line of await description(paths, entries)) output.say(line);
    await confirm('Remove all of it? Keys that are gone cannot be made again.', { yes, input: stdin, output: stderr });
    for (const entry of entries) await rm(join(paths.home, entry), { recursive: true, force: true });
  } finally {
    await lock.release();
  }
  // Fails when something else lies in it or it is a mount point; the state is gone all the same.
  await rmdir(paths.home).catch(() => undefined);
  if (json) output.json({ ok: true, home: paths.home, removed: entries });
  else output.say(`Removed. The next keystile up makes everything anew.`);
}

/** What `reset` would remove; throws KS-U114 for a folder that is not a Keystile home. */
async function removableEntries(paths: HomePaths): Promise<readonly string[]> {
  const state = await inspectHome(paths).catch((error: unknown): HomeState => {
    // A record of another version is still a record of ours.
    if (error instanceof KeystileError && error.code === 'KS-U124') return { kind: 'half-written', entries: [] };
    throw error;
  });
  if (state.kind === 'absent') return [];
  if (state.kind === 'foreign') throw unusableHome(paths, state);
  const entries = (await readdir(paths.home)).toSorted();
  const signs = ['.keystile-home', 'keystile.json', 'authority'];
  if (!entries.some((name) => signs.includes(name))) {
    throw new KeystileError('KS-U114', `${paths.home} holds none of ${signs.join(', ')}`);
  }
  return entries.filter((name) => name !== 'lock');
}

async function description(paths: HomePaths, entries: readonly string[]): Promise<string[]> {
  const meanings: Readonly<Record<string, string>> = {
    authority: 'root and issuing CAs, signing keys, registry',
    broker: "the broker's certificate and configuration",
    parts: "the virtual secure IC's memory and fuses: its keys",
    device: "the air conditioner's firmware, configuration and their manifests",
    operator: "the operator's certificate and key",
    run: 'sockets',
    'keystile.json': 'the record that everything above is complete',
  };
  const lines = [`This is in ${paths.home}:`];
  for (const entry of entries) {
    const { files, bytes } = await sizeOf(join(paths.home, entry));
    const size = `${files} ${files === 1 ? 'file' : 'files'}, ${Math.ceil(bytes / 1024)} KiB`;
    lines.push(`  ${entry.padEnd(16)} ${size.padEnd(20)} ${meanings[entry] ?? ''}`.trimEnd());
  }
  return lines;
}

async function sizeOf(path: string): Promise<{ files: number; bytes: number }> {
  const entry = await stat(path);
  if (!entry.isDirectory()) return { files: 1, bytes: entry.size };
  const inside = await readdir(path, { recursive: true, withFileTypes: true });
  const files = inside.filter((each) => each.isFile());
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(file.parentPath, file.name))).size));
  return { files: files.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}
