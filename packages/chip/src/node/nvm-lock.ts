import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { KeystileError } from '@keystile/errors';

/**
 * Keeps a second process off an NVM folder.
 *
 * The lock is an abstract Unix socket (Linux) named after the folder. The kernel lets one process have the name and
 * takes it back when that process ends, however it ends: there is no stale lock, no process id that may belong to
 * another program by now, and no file that the permission model would have to allow. Processes in different network
 * namespaces do not see each other's names; two containers that share a folder need separate parts anyway.
 */
export async function lockNvm(folder: string): Promise<{ release(): void }> {
  if (process.platform !== 'linux') return { release: () => {} };
  const digest = createHash('sha256').update(realpathSync(folder)).digest('hex');
  const server = createServer((socket) => socket.destroy());
  await listen(server, `\0keystile-nvm-${digest}`, folder);
  server.unref();
  return { release: () => void server.close() };
}

function listen(server: Server, name: string, folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const code = cause.code === 'EADDRINUSE' ? 'KS-C135' : 'KS-C136';
      reject(new KeystileError(code, `${folder} is in use (${cause.code})`, { cause }));
    });
    server.listen(name, () => resolve());
  });
}
