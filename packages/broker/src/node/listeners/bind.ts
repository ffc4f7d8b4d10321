import { once } from 'node:events';
import type { AddressInfo, ListenOptions, Server, Socket } from 'node:net';
import { KeystileError } from '@keystile/errors';

/** Listens, or throws `KS-B103` (in use) or `KS-B104`. `what` names the address to a person. */
export async function bind(server: Server, where: ListenOptions, what: string): Promise<void> {
  server.listen(where);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    if (code === 'EADDRINUSE') throw new KeystileError('KS-B103', `${what} is in use`, { cause });
    throw new KeystileError('KS-B104', `${what}: ${code}`, { cause });
  }
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** For logs and messages. */
export function shown(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Where a socket comes from; one that is closed already no longer knows. */
export function remoteOf({ remoteAddress, remotePort }: Socket): string {
  return remoteAddress === undefined || remotePort === undefined ? 'unknown' : shown(remoteAddress, remotePort);
}
