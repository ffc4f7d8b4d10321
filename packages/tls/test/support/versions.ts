import { after } from 'node:test';
import type { TlsPolicy } from '../../src/index.ts';
import type { Credential, TestCa } from './credentials.ts';
import { Line, type LineOptions } from './line.ts';
import { bothVersions } from './tls12-policy.ts';

/** How a test gets a connection of one version of TLS, for what must be the same in both. */
export interface Version {
  readonly name: 'TLS 1.3' | 'TLS 1.2';
  readonly policy: Partial<TlsPolicy>;
  readonly serverOptions: NonNullable<LineOptions['serverOptions']>;
  /** What a record of the client's is longer than its content. */
  readonly recordOverhead: number;
}

export const tls13: Version = { name: 'TLS 1.3', policy: {}, serverOptions: {}, recordOverhead: 5 + 1 + 16 };

/** A server without TLS 1.3, and a client that would have it. */
export const tls12: Version = {
  name: 'TLS 1.2',
  policy: bothVersions,
  serverOptions: { maxVersion: 'TLSv1.2' },
  recordOverhead: 5 + 8 + 16,
};

export const versions: readonly Version[] = [tls13, tls12];

/** Opens lines to one server, and ends them after the tests of the file. */
export function lineOpener(server: Credential, version: Version): (options?: Partial<LineOptions>) => Line {
  const lines: Line[] = [];
  after(() => {
    for (const line of lines) line.end();
  });
  return ({ policy, serverOptions, ...options } = {}) => {
    const line = new Line({
      server,
      policy: { ...version.policy, ...policy },
      serverOptions: { ...version.serverOptions, ...serverOptions },
      ...options,
    });
    lines.push(line);
    return line;
  };
}

/** What a server says that demands a certificate of this authority. */
export function mutualWith(ca: TestCa): { requestCert: true; rejectUnauthorized: true; ca: string } {
  return { requestCert: true, rejectUnauthorized: true, ca: ca.root.certificatePem };
}

export async function echo(line: Line, message: Buffer): Promise<void> {
  line.client.write(message);
  line.exchange();
  await line.until('the server has the message', () => Buffer.concat(line.serverReceived).equals(message));
  line.server.write(Buffer.concat(line.serverReceived));
  await line.until('the echo is back', () => Buffer.concat(line.received).equals(message));
}
