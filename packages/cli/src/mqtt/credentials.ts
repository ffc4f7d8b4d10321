/**
 * Which broker, which root and which certificate a client of the command line uses: what the flags say, and for the
 * rest the home's operator and its running instance. There is no way to connect without TLS or without a certificate.
 */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KeystileError } from '@keystile/errors';
import { requireHome } from '../home/inspect.ts';
import { requireInstance } from '../home/instance.ts';
import type { HomePaths } from '../home/paths.ts';

export interface BrokerFlags {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly cafile?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface BrokerAccess {
  readonly host: string;
  readonly port: number;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** The id in the certificate's SAN URI: client ids must begin with it. */
  readonly id: string;
}

/** The name in the broker's certificate; it listens on the loopback address. */
const LOCAL_NAME = 'localhost';

export async function brokerAccess(paths: HomePaths, flags: BrokerFlags): Promise<BrokerAccess> {
  if ((flags.cert === undefined) !== (flags.key === undefined)) {
    throw new KeystileError('KS-U100', '--cert and --key belong together');
  }
  const needsHome = flags.cafile === undefined || flags.cert === undefined;
  if (needsHome) await requireHome(paths);
  const port = flags.port ?? (flags.host === undefined ? (await requireInstance(paths)).ports.broker : 8883);
  const cert = await readCredential(flags.cert ?? join(paths.operator, 'cert.pem'));
  return {
    host: flags.host ?? LOCAL_NAME,
    port,
    ca: await readCredential(flags.cafile ?? join(paths.authority, 'root', 'cert.pem')),
    cert,
    key: await readCredential(flags.key ?? join(paths.operator, 'key.pem')),
    id: identityOf(cert),
  };
}

async function readCredential(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: Error) => {
    throw new KeystileError('KS-U122', `${path}: ${cause.message}`, { cause });
  });
}

/** The last part of `urn:keystile:<fleet>:<role>:<id>`; a foreign certificate gets a name of its own. */
function identityOf(pem: string): string {
  try {
    const names = new X509Certificate(pem).subjectAltName ?? '';
    return /URI:urn:keystile:[^:,]+:[^:,]+:([^:,]+)/.exec(names)?.[1] ?? 'keystile';
  } catch (cause) {
    throw new KeystileError('KS-U122', 'the file given as certificate is no PEM certificate', { cause });
  }
}
