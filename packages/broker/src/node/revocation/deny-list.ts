import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { KeystileError } from '@keystile/errors';
import { z } from 'zod';
import type { Revocation } from '../../admission/revocations.ts';

/** What was revoked through the control socket, in a file: a restart forgets nothing. JSON, written whole. */
const schema = z.strictObject({
  version: z.literal(1),
  identities: z.array(z.string()),
  quarantined: z.array(z.string()),
  serials: z.array(z.string()),
});

/** Throws `KS-B347`: to begin with an empty list instead would admit whoever was revoked. A file that is absent is empty. */
export function readDenyList(path: string): readonly Revocation[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw notKept(path, cause);
  }
  try {
    const { identities, quarantined, serials } = schema.parse(JSON.parse(text));
    return [
      ...identities.map((urn) => ({ kind: 'identity', urn }) as const),
      ...quarantined.map((urn) => ({ kind: 'quarantine', urn }) as const),
      ...serials.map((serial) => ({ kind: 'serial', serial }) as const),
    ];
  } catch (cause) {
    throw notKept(path, cause);
  }
}

/** On the disk when it returns. Throws `KS-B347`; the file is then as it was. */
export function writeDenyList(path: string, denied: readonly Revocation[]): void {
  const content: z.infer<typeof schema> = { version: 1, identities: [], quarantined: [], serials: [] };
  for (const each of denied) {
    if (each.kind === 'identity') content.identities.push(each.urn);
    else if (each.kind === 'quarantine') content.quarantined.push(each.urn);
    else content.serials.push(each.serial);
  }
  const draft = `${path}.new`;
  try {
    withFile(draft, 'w', (file) => {
      writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
      fsyncSync(file);
    });
    renameSync(draft, path);
    // The new name is only as durable as its folder.
    withFile(dirname(path), 'r', fsyncSync);
  } catch (cause) {
    throw notKept(path, cause);
  }
}

const OWNER_ONLY = 0o600;

function withFile(path: string, flags: 'w' | 'r', work: (file: number) => void): void {
  const file = openSync(path, flags, OWNER_ONLY);
  try {
    work(file);
  } finally {
    closeSync(file);
  }
}

function notKept(path: string, cause: unknown): KeystileError {
  return new KeystileError('KS-B347', `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}
