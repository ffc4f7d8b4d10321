import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import serveStatic from '@fastify/static';
import { KeystileError } from '@keystile/errors';
import { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, fastify, LogController } from 'fastify';
import { type Clock, SECOND_MS } from '../state/clock.ts';
import { apiRoutes } from './api-routes.ts';
import { answerError, answerMissing } from './error-answers.ts';
import { OneTimeLinks } from './one-time-links.ts';
import { consoleOrigins, refuseForeignHost } from './request-origin.ts';
import { Sessions } from './sessions.ts';
import { signInRoutes } from './sign-in-routes.ts';

/**
 * The console's HTTPS server: sign-in, the page, and the small API that the page calls.
 *
 * It holds the TLS key of the console and the key that signs operator tokens, and no issuing key. It does *not* carry
 * MQTT: the page takes a token from here and talks to the broker itself.
 */
export interface ConsoleOptions {
  readonly tls: { readonly key: string; readonly certificate: string };
  /** 0 takes a free port. */
  readonly port: number;
  readonly fleet: string;
  /** Who a signed-in browser is, as the id part of an operator identity. */
  readonly operator: string;
  /** Where the page finds the broker: `wss://host:port`. */
  readonly websocketUrl: string;
  readonly page: PageFiles;
  readonly devices: () => Promise<readonly ConsoleDevice[]>;
  /** A token for the broker, as base64url, bound to the operator. */
  readonly operatorToken: (operator: string) => Promise<{ readonly token: string; readonly expiresAtMs: number }>;
  readonly now: Clock;
  readonly log: FastifyBaseLogger;
}

/** The static page: a folder with `index.html`, and the bundle of MQTT.js. */
export interface PageFiles {
  readonly folder: string;
  readonly mqttModule: string;
}

export interface ConsoleDevice {
  readonly id: string;
  readonly serial: string;
  readonly model: string;
}

export interface Console {
  readonly url: string;
  readonly port: number;
  /** Makes a one-time link. */
  link(): { readonly link: string; readonly expiresAtMs: number };
  close(): Promise<void>;
}

/** What the routes share; one per server. */
export interface ConsoleState {
  readonly options: ConsoleOptions;
  readonly links: OneTimeLinks;
  readonly sessions: Sessions;
  /** Known once the server listens. */
  origins: readonly string[];
  readonly indexHtml: string;
}

const LOOPBACK = '127.0.0.1';
/** A page load is a dozen requests; a person reloads a few times a minute. */
const REQUESTS_PER_MINUTE = 240;
/** Bodies here are a form with one field; 4 KiB is generous. */
const BODY_MAX = 4096;
/** A request that has not arrived whole by then is not from a browser on this machine. */
const REQUEST_TIMEOUT_MS = 10 * SECOND_MS;

export async function startConsole(options: ConsoleOptions): Promise<Console> {
  const state: ConsoleState = {
    options,
    links: new OneTimeLinks(options.now),
    sessions: new Sessions(options.now),
    origins: [],
    indexHtml: await readFile(join(options.page.folder, 'index.html'), 'utf8'),
  };
  const server = await buildServer(state);
  const port = await listen(server, options.port);
  state.origins = consoleOrigins(port);
  const url = `https://localhost:${port}`;
  return {
    url,
    port,
    link: () => {
      const { secret, expiresAtMs } = state.links.create();
      return { link: `${url}/sign-in?link=${secret}`, expiresAtMs };
    },
    close: () => server.close(),
  };
}

async function buildServer(state: ConsoleState): Promise<FastifyInstance> {
  const { options } = state;
  const server = fastify({
    https: { key: options.tls.key, cert: options.tls.certificate, minVersion: 'TLSv1.2' },
    loggerInstance: options.log,
    // A log line per request would carry the one-time link in its URL.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_MAX,
    forceCloseConnections: true,
    requestTimeout: REQUEST_TIMEOUT_MS,
  });
  server.setErrorHandler(answerError(state));
  server.setNotFoundHandler(answerMissing);
  await server.register(helmet, securityHeaders(options));
  await server.register(rateLimit, {
    max: REQUESTS_PER_MINUTE,
    timeWindow: '1 minute',
    errorResponseBuilder: (_request, context) =>
      new KeystileError('KS-A134', `more than ${context.max} requests in a minute; wait ${context.after}`),
  });
  server.addHook('onRequest', async (request) => refuseForeignHost(request, state.origins));
  server.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, new URLSearchParams(body.toString())),
  );
  await server.register(serveStatic, {
    root: options.page.folder,
    prefix: '/assets/',
    index: false,
    cacheControl: false,
    setHeaders: (reply) => void reply.header('Cache-Control', 'no-cache'),
  });
  server.get('/vendor/mqtt.js', async (_request, reply) => sendModule(reply, options.page.mqttModule));
  await server.register(signInRoutes, { state });
  await server.register(apiRoutes, { state, prefix: '/api' });
  return server as unknown as FastifyInstance;
}

function securityHeaders(options: ConsoleOptions): Parameters<typeof helmet>[1] & object {
  return {
    enableCSPNonces: true,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        // Nothing but nonces: helmet adds a fresh one to both on every answer.
        scriptSrc: [],
        styleSrc: [],
        imgSrc: ["'self'"],
        connectSrc: ["'self'", options.websocketUrl],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        objectSrc: ["'none'"],
        requireTrustedTypesFor: ["'script'"],
        trustedTypes: ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
    // Not no-referrer: a form would then be posted with "Origin: null".
    referrerPolicy: { policy: 'same-origin' },
    // The fleet's root is private and ports are shared with other programs on localhost: HSTS would lock them out.
    strictTransportSecurity: false,
  };
}

async function sendModule(reply: FastifyReply, path: string): Promise<FastifyReply> {
  return reply
    .type('text/javascript; charset=utf-8')
    .header('Cache-Control', 'no-cache')
    .send(await readFile(path));
}

async function listen(server: FastifyInstance, port: number): Promise<number> {
  try {
    await server.listen({ host: LOOPBACK, port });
  } catch (cause) {
    await server.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE') {
      throw new KeystileError('KS-A130', `port ${port} on ${LOOPBACK} is in use by another program`, { cause });
    }
    throw new KeystileError('KS-A137', `cannot listen on ${LOOPBACK} port ${port}: ${reason}`, { cause });
  }
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new KeystileError('KS-A137', 'no port after listening');
  return address.port;
}
