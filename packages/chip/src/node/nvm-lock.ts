import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { KeystileError } from '@keystile/errors';

/**
 * Keeps a second process off an NVM folder, and off a fuse file: with a copy of the memory beside it, two processes on
 * one fuse file would be two devices of one identity.
 *
 * The lock is an abstract Unix socket (Linux) named after the path. The kernel lets one process have the name and
 * takes it back when that process ends, however it ends: there is no stale lock, no process id that may belong to
 * another program by now, and no file that the permission model would have to allow. Processes in different network
 * namespaces do not see each other's names; two containers that share a folder need separate parts anyway.
 */
export async function lockNvm(path: string): Promise<{ release(): void }> {
  if (process.platform !== 'linux') return { release: () => {} };
  // A new part has no fuse file yet.
  const real = existsSync(path) ? realpathSync(path) : path;
  const digest = createHash('sha256').update(real).digest('hex');
  const server = createServer((socket) => socket.destroy());
  await listen(server, `\0keystile-nvm-${digest}`, path);
  server.unref();
  return { release: () => void server.close() };
}

function listen(server: Server, name: string, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const code = cause.code === 'EADDRINUSE' ? 'KS-C135' : 'KS-C136';
      reject(new KeystileError(code, `${path} is in use (${cause.code})`, { cause }));
    });
    server.listen(name, () => resolve());
  });
}
