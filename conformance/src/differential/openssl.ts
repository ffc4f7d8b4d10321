import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GeneratedChain } from './chains.ts';

/**
 * `openssl verify` over many chains at a time: one process for a hundred leaves, with all of their roots and
 * intermediates before it. The chains' names differ, so that none helps another.
 */
export interface Question {
  readonly chains: readonly GeneratedChain[];
  readonly atMs: number;
  readonly hostName: string;
}

/** By the id of the chain: 'accepted', or what OpenSSL said. */
export type Answers = ReadonlyMap<string, string>;

const CHAINS_AT_ONCE = 100;
const PROCESS_TIME_MAX_MS = 30_000;

/** The version, or undefined when there is no such command. */
export function opensslVersion(): string | undefined {
  const { status, stdout } = spawnSync('openssl', ['version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

export function askOpenssl(question: Question): Answers {
  const answers = new Map<string, string>();
  for (let from = 0; from < question.chains.length; from += CHAINS_AT_ONCE) {
    const chains = question.chains.slice(from, from + CHAINS_AT_ONCE);
    const folder = mkdtempSync(join(tmpdir(), 'keystile-differential-'));
    try {
      for (const [id, answer] of askOnce({ ...question, chains }, folder)) answers.set(id, answer);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  return answers;
}

function askOnce({ chains, atMs, hostName }: Question, folder: string): Answers {
  mkdirSync(join(folder, 'leaf'));
  writeFileSync(join(folder, 'roots.pem'), chains.map(({ root }) => pem(root.der)).join(''));
  writeFileSync(
    join(folder, 'untrusted.pem'),
    chains.flatMap(({ intermediates }) => intermediates.map(({ der }) => pem(der))).join(''),
  );
  for (const [i, { leaf }] of chains.entries()) writeFileSync(join(folder, 'leaf', `${i}.pem`), pem(leaf.der));
  const lists = chains.flatMap((each) => each.lists ?? []);
  writeFileSync(join(folder, 'lists.pem'), lists.map((list) => pem(list, 'X509 CRL')).join(''));
  const options = ['-x509_strict', '-purpose', 'sslserver', '-attime', String(Math.floor(atMs / 1000))];
  const files = ['-CAfile', 'roots.pem', '-untrusted', 'untrusted.pem'];
  // Revocation is asked for all of them or for none.
  const revocation = lists.length === 0 ? [] : ['-crl_check_all', '-CRLfile', 'lists.pem'];
  const leaves = chains.map((_, i) => `leaf/${i}.pem`);
  const { stdout, stderr, error } = spawnSync(
    'openssl',
    [
      'verify',
      '-no-CApath',
      '-no-CAstore',
      ...options,
      '-verify_hostname',
      hostName,
      ...revocation,
      ...files,
      ...leaves,
    ],
    { cwd: folder, encoding: 'utf8', timeout: PROCESS_TIME_MAX_MS, maxBuffer: 2 ** 24 },
  );
  if (error !== undefined) throw error;
  return new Map(chains.map(({ id }, i) => [id, answerOf(`leaf/${i}.pem`, stdout, stderr)]));
}

function answerOf(file: string, stdout: string, stderr: string): string {
  if (stdout.split('\n').includes(`${file}: OK`)) return 'accepted';
  const end = stderr.indexOf(`error ${file}: verification failed`);
  const said = [...stderr.slice(0, Math.max(end, 0)).matchAll(/^error \d+ at (\d+) depth lookup: (.*)$/gm)].at(-1);
  return said === undefined ? 'could not be read' : `${said[2]} at ${said[1]}`;
}

export function pem(der: Uint8Array, label = 'CERTIFICATE'): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
