import { Agent, type AgentOptions, type ClientRequestArgs, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { type Duplex, Readable } from 'node:stream';
import { KeystileError } from '@keystile/errors';
import type { Part } from '../part.ts';
import { type DeviceStream, stream } from '../stream.ts';

/**
 * HTTPS whose TLS runs in the secure IC: an agent for `node:http`, a connector for `undici`, and a small `fetch`.
 *
 * The policy says which hosts the part may be asked for; ALPN is the policy's own list, so it should hold `http/1.1`.
 */
export interface HttpsOptions {
  readonly part: Part;
  /** Name of a policy in the part. */
  readonly policy: string;
  readonly connectTimeoutMs?: number;
}

const HTTPS_PORT = 443;

/** For `http.request({ protocol: 'https:', agent, … })`. A part has few TLS sessions, so none is kept after its answer. */
export class PartAgent extends Agent {
  readonly protocol = 'https:';
  readonly defaultPort: number = HTTPS_PORT;
  readonly #options: HttpsOptions;

  constructor(options: HttpsOptions, agentOptions: Omit<AgentOptions, 'keepAlive'> = {}) {
    super({ maxSockets: 1, ...agentOptions, keepAlive: false });
    this.#options = options;
  }

  override createConnection(options: ClientRequestArgs & { servername?: string }): DeviceStream {
    return dial(this.#options, {
      host: options.host ?? 'localhost',
      port: Number(options.port ?? HTTPS_PORT),
      serverName: options.servername || options.host || 'localhost',
    });
  }
}

/** What `undici` hands to a `connect` function: `new undici.Agent({ connect: httpsConnector({ part, policy }) })`. */
export interface DialRequest {
  readonly hostname: string;
  readonly port: string;
  /** Empty or absent for an address. */
  readonly servername?: string | null;
}

/** The types of `undici` ask for a `Socket`; what it uses is what every Duplex has. */
export type DialAnswer = (...answer: [error: null, socket: Socket] | [error: Error, socket: null]) => void;

export function httpsConnector(options: HttpsOptions): (asked: DialRequest, answer: DialAnswer) => void {
  return ({ hostname, port, servername }, answer) => {
    const connection = dial(options, {
      host: hostname,
      port: port === '' ? HTTPS_PORT : Number(port),
      serverName: servername || hostname,
    });
    const failed = (error: Error): void => answer(error, null);
    connection.once('error', failed);
    connection.once('secureConnect', () => {
      connection.off('error', failed);
      answer(null, connection as Duplex as Socket);
    });
  };
}

/** One request by WHATWG `fetch`: method, headers, a body in memory, a signal. Redirects are handed to the caller. */
export type PartFetch = (url: string | URL, init?: PartFetchInit) => Promise<Response>;

export interface PartFetchInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
}

/** Throws `KS-D105` for a URL that is not https, and what the connection throws. */
export function partFetch(options: HttpsOptions): PartFetch {
  const agent = new PartAgent(options);
  return (url, init = {}) => {
    const { protocol, hostname, port, pathname, search } = new URL(url);
    if (protocol !== 'https:') throw new KeystileError('KS-D105', `${protocol} is not https:`);
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const asked = request({
      agent,
      protocol,
      hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port === '' ? HTTPS_PORT : port,
      path: `${pathname}${search}`,
      method: init.method ?? 'GET',
      headers: { ...init.headers },
      ...(init.signal === undefined ? {} : { signal: init.signal }),
    });
    asked.once('error', reject);
    asked.once('response', (message) => resolve(responseOf(message)));
    asked.end(init.body);
    return promise;
  };
}

/** Statuses whose response has no body by definition (WHATWG Fetch, "null body status"). */
const NULL_BODY = [101, 204, 205, 304];

function responseOf(message: IncomingMessage): Response {
  const status = message.statusCode ?? 0;
  const headers = new Headers();
  for (let at = 0; at < message.rawHeaders.length; at += 2) {
    headers.append(message.rawHeaders[at] ?? '', message.rawHeaders[at + 1] ?? '');
  }
  const body = NULL_BODY.includes(status) ? null : (Readable.toWeb(message) as ReadableStream<Uint8Array>);
  if (body === null) message.resume();
  return new Response(body, { status, statusText: message.statusMessage ?? '', headers });
}

function dial(
  { part, policy, connectTimeoutMs }: HttpsOptions,
  target: { readonly host: string; readonly port: number; readonly serverName: string },
): DeviceStream {
  return stream({ part, policy, ...target, ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }) });
}
