import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { bind, portOf, shown } from '../listeners/bind.ts';

/**
 * HTTP for whoever watches the broker: `/metrics`, `/health` (the process answers) and `/ready` (it takes clients). Read
 * only, without TLS and without names of clients.
 */
export interface StatusSources {
  readonly metrics: () => string;
  /** Why the broker takes no clients; undefined when it does. */
  readonly unready: () => string | undefined;
}

export interface StatusServer {
  readonly address: string;
  readonly port: number;
  close(): void;
}

const CONNECTIONS_MAX = 32;
const HEADERS_MAX = 8 * 1024;
const REQUEST_MS_MAX = 5_000;

export async function listenStatus(
  { address, port }: { readonly address: string; readonly port: number },
  sources: StatusSources,
): Promise<StatusServer> {
  const limits = { maxHeaderSize: HEADERS_MAX, requestTimeout: REQUEST_MS_MAX, headersTimeout: REQUEST_MS_MAX };
  const server = createServer(limits, (request, response) => answer(request, response, sources));
  server.maxConnections = CONNECTIONS_MAX;
  await bind(server, { host: address, port }, `metrics on ${shown(address, port)}`);
  return {
    address,
    port: portOf(server),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, sources: StatusSources): void {
  const { status, type = 'text/plain; charset=utf-8', body } = contentFor(request, sources);
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(request.method === 'HEAD' ? undefined : body);
}

interface Content {
  readonly status: number;
  readonly type?: string;
  readonly body: string;
}

function contentFor({ method, url }: IncomingMessage, sources: StatusSources): Content {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, body: 'only GET and HEAD\n' };
  switch (url) {
    case '/metrics':
      return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: sources.metrics() };
    case '/health':
      return { status: 200, body: 'alive\n' };
    case '/ready': {
      const why = sources.unready();
      return why === undefined ? { status: 200, body: 'ready\n' } : { status: 503, body: `${why}\n` };
    }
    default:
      return { status: 404, body: 'there are /metrics, /health and /ready\n' };
  }
}
