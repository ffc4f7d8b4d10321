import { lstatSync, rmSync } from 'node:fs';
import { connect, type Server, type Socket } from 'node:net';
import { KeystileError } from '@keystile/errors';

/** `sun_path` of Linux has 108 bytes, the last one a zero. */
const SOCKET_PATH_MAX = 107;

/**
 * Listens on a Unix socket that only this user can open (mode 0600 from its first moment, by the umask). A socket that
 * a dead process left behind is replaced; a live one is an error, and so is anything that is no socket. Throws `KS-L103`
 * or `KS-L105`.
 */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  checkSocketPath(path);
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === false) {
    throw new KeystileError('KS-L103', `${path} is there and is no socket`);
  }
  if (await answers(path)) throw new KeystileError('KS-L103', `another process listens on ${path}`);
  rmSync(path, { force: true });
  const umask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    throw new KeystileError('KS-L103', `cannot listen on ${path}: ${reasonOf(error)}`, { cause: error });
  } finally {
    process.umask(umask);
  }
}

/** Throws `KS-L105` when the path does not fit a socket address. */
export function checkSocketPath(path: string): void {
  const length = Buffer.byteLength(path);
  if (length > SOCKET_PATH_MAX) {
    throw new KeystileError('KS-L105', `${path} has ${length} bytes where ${SOCKET_PATH_MAX} fit`);
  }
}

/** Connects to a Unix socket. Throws `KS-L103` or `KS-L105`. */
export function connectToSocket(path: string): Promise<Socket> {
  checkSocketPath(path);
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', (error) => {
      reject(new KeystileError('KS-L103', `cannot open ${path}: ${reasonOf(error)}`, { cause: error }));
    });
    socket.once('connect', () => resolve(socket));
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
