import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { KeystileError } from '@keystile/errors';
import { makePrivateFolder } from '../state/private-file.ts';

/**
 * The control socket: how the person who owns the home folder asks the running service for a new one-time link.
 *
 * JSON lines over a Unix socket of mode 0600, one request and one answer a line: `{"op":"link"}` →
 * `{"ok":true,"link":…,"expiresAt":…}`. Whoever can open it is the owner: the file mode is the whole authentication.
 */
export interface ControlSocketOptions {
  readonly path: string;
  readonly link: () => { readonly link: string; readonly expiresAtMs: number };
}

/** `sun_path` of Linux holds 108 bytes with its terminating zero; the shorter 104 of macOS fails on its own. */
const SOCKET_PATH_MAX = 107;
/** A request is a few dozen bytes. */
const LINE_MAX = 1024;

export interface ControlSocket {
  close(): Promise<void>;
}

export async function serveControlSocket(options: ControlSocketOptions): Promise<ControlSocket> {
  const { path } = options;
  if (Buffer.byteLength(path) > SOCKET_PATH_MAX) {
    throw new KeystileError('KS-A135', `${path} has ${Buffer.byteLength(path)} bytes, ${SOCKET_PATH_MAX} are possible`);
  }
  await makePrivateFolder(dirname(path));
  // What is left of a service that was killed. Two services never share a home: the port and the lock see to that.
  await rm(path, { force: true });
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    serve(socket, options);
  });
  await listen(server, path);
  return {
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function serve(socket: Socket, options: ControlSocketOptions): void {
  let pending = '';
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy());
  socket.on('data', (text: string) => {
    const lines = (pending + text).split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) socket.write(`${JSON.stringify(answer(line, options))}\n`);
    if (pending.length > LINE_MAX) socket.destroy();
  });
}

function answer(line: string, options: ControlSocketOptions): object {
  if (operationOf(line) !== 'link') {
    const refusal = new KeystileError('KS-A138', 'the control socket knows one request: {"op":"link"}');
    return { ok: false, code: refusal.code, detail: refusal.detail };
  }
  const { link, expiresAtMs } = options.link();
  return { ok: true, link, expiresAt: new Date(expiresAtMs).toISOString() };
}

function operationOf(line: string): unknown {
  try {
    const request: unknown = JSON.parse(line);
    return typeof request === 'object' && request !== null && 'op' in request ? request.op : undefined;
  } catch {
    return undefined;
  }
}

/** Its folder is 0700, so that nobody else can connect between `bind` and `chmod`. */
async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(new KeystileError('KS-A105', `${path}: ${cause.message}`, { cause })));
    server.listen(path, resolve);
  });
  await chmod(path, 0o600);
}
