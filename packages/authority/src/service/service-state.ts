import type { KeyObject } from 'node:crypto';
import { parsePrivateKey, readFleetRecord } from '../state/fleet-record.ts';
import {
  authorityFolder,
  certificateAuthorityPaths,
  credentialPaths,
  type StatementKeyName,
  statementKeyPath,
} from '../state/layout.ts';
import { readKeyFile, readStateFile } from '../state/private-file.ts';

/**
 * All that the network-facing service reads: four keys that can sign no certificate, and public facts.
 *
 * It must work with every issuing key, the boot key, the line key and the administrator's key out of its reach; a test
 * runs it with those files removed.
 */
export interface ServiceState {
  readonly fleet: string;
  /** The fleet root's certificate, PEM. */
  readonly root: string;
  readonly console: TlsCredentials;
  readonly client: TlsCredentials;
  readonly tokenKey: KeyObject;
  readonly timeKey: KeyObject;
}

export interface TlsCredentials {
  readonly key: string;
  readonly certificate: string;
}

export async function readServiceState(home: string): Promise<ServiceState> {
  const folder = authorityFolder(home);
  const { name } = await readFleetRecord(folder);
  return {
    fleet: name,
    root: await readStateFile(certificateAuthorityPaths(folder, 'root').certificate),
    console: await readCredentials(home, 'console'),
    client: await readCredentials(home, 'service'),
    tokenKey: await readStatementKey(folder, 'token'),
    timeKey: await readStatementKey(folder, 'time'),
  };
}

async function readCredentials(home: string, name: 'console' | 'service'): Promise<TlsCredentials> {
  const paths = credentialPaths(home, name);
  return { key: await readKeyFile(paths.key), certificate: await readStateFile(paths.certificate) };
}

async function readStatementKey(folder: string, name: StatementKeyName): Promise<KeyObject> {
  const path = statementKeyPath(folder, name);
  return parsePrivateKey(path, await readKeyFile(path));
}
