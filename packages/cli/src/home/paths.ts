/**
 * Where everything lies below the home folder. Names only: nothing here touches the disk.
 *
 * The part's and the authority's own packages lay out what is below their folders.
 */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { KeystileError } from '@keystile/errors';

export interface HomePaths {
  readonly home: string;
  /** Written first: says whose folder this is, also to whoever finds it half-written. */
  readonly marker: string;
  /** Written last: its absence beside other files means that the first start was cut off. */
  readonly record: string;
  readonly lock: string;
  readonly authority: string;
  readonly broker: string;
  readonly parts: string;
  readonly run: string;
  readonly device: string;
  readonly operator: string;
  /** What pairs the device with its part. */
  readonly hostPairing: string;
  readonly busSocket: string;
  readonly controlSocket: string;
  readonly authoritySocket: string;
  readonly brokerControlSocket: string;
  /** Where `keystile agent` listens unless it is told another place. */
  readonly agentSocket: string;
  /** Ports and addresses of the running instance. */
  readonly instance: string;
}

/** Names that Keystile makes at the top of a home; `reset` removes these and nothing else. */
export const homeEntries = [
  '.keystile-home',
  'keystile.json',
  'lock',
  'authority',
  'broker',
  'parts',
  'run',
  'device',
  'operator',
] as const;

/** `sun_path` of Linux holds 108 bytes with its terminating zero. */
const SOCKET_PATH_MAX = 107;

export function homePaths(home: string): HomePaths {
  const run = join(home, 'run');
  const paths: HomePaths = {
    home,
    marker: join(home, '.keystile-home'),
    record: join(home, 'keystile.json'),
    lock: join(home, 'lock'),
    authority: join(home, 'authority'),
    broker: join(home, 'broker'),
    parts: join(home, 'parts'),
    run,
    device: join(home, 'device'),
    operator: join(home, 'operator'),
    hostPairing: join(home, 'device', 'host-pairing.json'),
    busSocket: join(run, 'bus.sock'),
    controlSocket: join(run, 'control.sock'),
    authoritySocket: join(run, 'authority.sock'),
    brokerControlSocket: join(run, 'broker.sock'),
    agentSocket: join(run, 'agent.sock'),
    instance: join(run, 'instance.json'),
  };
  return paths;
}

/** `--home`, else KEYSTILE_HOME, else `~/.keystile`; always absolute. */
export function chosenHome(flag: string | undefined, environment: NodeJS.ProcessEnv): string {
  const chosen = flag ?? environment.KEYSTILE_HOME;
  if (chosen === '') throw new KeystileError('KS-U100', 'the home is an empty string');
  return resolve(chosen ?? join(homedir(), '.keystile'));
}

export function refuseLongSocketPaths(paths: HomePaths): void {
  for (const path of [paths.busSocket, paths.controlSocket, paths.authoritySocket]) {
    const length = Buffer.byteLength(path);
    if (length > SOCKET_PATH_MAX) {
      throw new KeystileError('KS-U119', `${path} has ${length} bytes; a socket path may have ${SOCKET_PATH_MAX}`);
    }
  }
}
