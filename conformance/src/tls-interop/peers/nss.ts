import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CipherSuite, Group } from '@keystile/tls';
import { cipherSuiteCodes } from '@keystile/tls/codec';
import { type ChainLength, versionOf } from '../cell.ts';
import { ask } from '../conversation.ts';
import { type Credentials, clientName } from '../credentials.ts';
import type { Peer, RunningServer, ServerSettings } from '../peer.ts';
import { ServerProcess } from '../server-process.ts';

/** NSS's server, which answers a request of HTTP with a page that has the request in it. */
export const nss: Peer = {
  name: 'selfserv',
  needsNamespace: true,
  cutsRecords: false,
  demandInstalled: () => {
    for (const program of ['selfserv', 'certutil', 'pk12util', 'openssl']) {
      execFileSync('sh', ['-c', 'command -v "$0"', program], { stdio: 'pipe' });
    }
  },
  start,
  exchange: async (stream, text) => {
    const request = `GET /x HTTP/1.0\r\nX-Text: ${text}\r\n\r\n`;
    const answer = await ask(stream, request, (bytes) => bytes.includes('EOF\r\n\r\n\r\n'));
    if (!answer.includes(request)) throw new Error('the answer is not what was sent');
    // It closes at once, and TCP would throw its close_notify away if anything of ours came in between.
    stream.resume();
    if (!stream.readableEnded) await once(stream, 'end', { signal: AbortSignal.timeout(END_MS_MAX) });
  },
};

const END_MS_MAX = 5_000;

async function start(settings: ServerSettings): Promise<RunningServer> {
  const { network, suite, chainLength, credentials } = settings;
  const port = await network.freePort();
  const version = `tls${versionOf(suite)}`;
  const options = [
    ...['-d', `sql:${databaseOf(credentials)}`, '-e', nicknameOf(chainLength), '-p', String(port)],
    ...['-V', `${version}:${version}`, '-I', groupsFor(settings), '-c', codeOf(suite)],
    // Session tickets, and extended master secret.
    ...['-u', '-G', '-v'],
    ...(settings.clientAuthentication ? ['-r', '-r'] : []),
  ];
  const server = new ServerProcess({
    name: 'selfserv',
    command: network.inside(['stdbuf', '-oL', 'selfserv', ...options]),
  });
  await server.starts(/About to call accept/);
  return {
    dial: () => {
      server.forget();
      return network.dial(port);
    },
    sawClient: () => server.prints(new RegExp(`subject DN: CN=${clientName}$`, 'm')),
    sawResumption: () => server.prints(/^\s*[1-9]\d* stateless resumes/m),
    stop: () => server.stop(),
  };
}

/** The suite's number, in the form that `-c` takes. */
function codeOf(suite: CipherSuite): string {
  return `:${cipherSuiteCodes[suite].toString(16).padStart(4, '0').toUpperCase()}`;
}

/** In TLS 1.2 it needs the curve of its certificate among them, and prefers the first. */
function groupsFor({ suite, group }: ServerSettings): string {
  const isEnough = versionOf(suite) === '1.3' || group === 'P-256';
  return isEnough ? groupNames[group] : `${groupNames[group]},${groupNames['P-256']}`;
}

const groupNames: Readonly<Record<Group, string>> = {
  X25519: 'x25519',
  'P-256': 'P256',
  'P-384': 'P384',
  X25519MLKEM768: 'mlkem768x25519',
};

/** NSS takes certificates and keys from a database only; one serves every server of a run. */
function databaseOf(credentials: Credentials): string {
  const folder = join(credentials.folder, 'nss');
  if (existsSync(folder)) return folder;
  execFileSync('mkdir', [folder]);
  const database = ['-d', `sql:${folder}`];
  execFileSync('certutil', ['-N', ...database, '--empty-password']);
  execFileSync('certutil', ['-A', ...database, '-n', 'root', '-t', 'CT,,', '-i', credentials.rootFile]);
  for (const length of [1, 2, 3] as const) {
    const { chainFile, keyFile } = credentials.server(length);
    const bundle = join(folder, `${length}.p12`);
    const source = ['-in', chainFile, '-inkey', keyFile, '-name', nicknameOf(length)];
    execFileSync('openssl', ['pkcs12', '-export', ...source, '-out', bundle, '-passout', 'pass:']);
    execFileSync('pk12util', ['-i', bundle, ...database, '-W', ''], { stdio: 'pipe' });
  }
  return folder;
}

function nicknameOf(length: ChainLength): string {
  return `server${length}`;
}
