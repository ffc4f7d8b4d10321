/** Finds out before anything is started whether a port can be had, so that the error can name the flag to change. */
import { createServer } from 'node:net';
import { KeystileError } from '@keystile/errors';

/** Every listener of Keystile binds here: nothing is reachable from another machine unless somebody decides so. */
export const LOOPBACK = '127.0.0.1';

export interface WantedPort {
  /** 0 takes any free one. */
  readonly port: number;
  readonly flag: string;
  readonly purpose: string;
}

/** Throws KS-U112 for the first port that another program listens on. */
export async function refuseBusyPorts(wanted: readonly WantedPort[]): Promise<void> {
  for (const { port, flag, purpose } of wanted) {
    if (port !== 0 && !(await isFree(port))) {
      throw new KeystileError('KS-U112', `port ${port} (${purpose}) is in use; choose another with ${flag}`);
    }
  }
  const fixed = wanted.filter(({ port }) => port !== 0);
  for (const [index, one] of fixed.entries()) {
    const other = fixed.slice(index + 1).find(({ port }) => port === one.port);
    if (other !== undefined) {
      throw new KeystileError('KS-U112', `${one.flag} and ${other.flag} both name port ${one.port}`);
    }
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(new KeystileError('KS-U112', `port ${port} cannot be used: ${error.message}`, { cause: error }));
    });
    probe.listen({ port, host: LOOPBACK, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** A port that is free now, for whoever must know its number before somebody listens on it. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (cause) => reject(new KeystileError('KS-U112', `no free port: ${cause.message}`, { cause })));
    probe.listen({ port: 0, host: LOOPBACK }, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
