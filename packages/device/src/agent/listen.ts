import { once } from 'node:events';
import type { Server } from 'node:net';
import { KeystileError } from '@keystile/errors';
import { listenOnSocket } from '@keystile/link/node';

/** Where the agent's clients find it: on this machine, and nowhere else. */
export type ListenPlace =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: '127.0.0.1' | '::1'; readonly port: number };

const PORT_MAX = 65_535;

/** Reads `unix:PATH`, `tcp:PORT`, `tcp:127.0.0.1:PORT` or `tcp:[::1]:PORT`. Throws `KS-D135`. */
export function parseListenPlace(text: string): ListenPlace {
  if (text.startsWith('unix:') && text.length > 'unix:'.length) return { kind: 'unix', path: text.slice(5) };
  const [, host = '127.0.0.1', digits] = /^tcp:(?:(.+):)?([0-9]{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > PORT_MAX) {
    throw new KeystileError('KS-D135', `'${text}' is neither unix:PATH nor tcp:PORT`);
  }
  if (host === '127.0.0.1' || host === 'localhost') return { kind: 'tcp', host: '127.0.0.1', port };
  if (host === '[::1]') return { kind: 'tcp', host: '::1', port };
  throw new KeystileError('KS-D135', `${host} is not the loopback address`);
}

/**
 * Begins to listen; the result is the place as clients write it. A Unix socket is of mode 0600 from its first moment.
 * Throws `KS-L103` or `KS-L105` for a Unix socket, `KS-D134` for a port.
 */
export async function listenAt(server: Server, place: ListenPlace): Promise<string> {
  if (place.kind === 'unix') {
    await listenOnSocket(server, place.path);
    return `unix:${place.path}`;
  }
  try {
    server.listen({ host: place.host, port: place.port });
    await once(server, 'listening');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KeystileError('KS-D134', `port ${place.port}: ${reason}`, { cause });
  }
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : place.port;
  return `tcp:${place.host === '::1' ? '[::1]' : place.host}:${port}`;
}
