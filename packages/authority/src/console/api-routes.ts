import { KeystileError } from '@keystile/errors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { refuseForeignScript } from './request-origin.ts';
import type { ConsoleState } from './server.ts';
import { endedSessionCookie, readSessionCookie } from './session-cookie.ts';
import type { Session } from './sessions.ts';

/** One token per connection attempt; the page backs off, so more than this a minute is a loop gone wrong. */
const TOKENS_PER_MINUTE = 60;

/** What the page's script calls. Every route needs the cookie, the own Origin and the own header. */
export async function apiRoutes(server: FastifyInstance, { state }: { state: ConsoleState }): Promise<void> {
  const { options } = state;

  server.addHook('onRequest', async (request, reply) => {
    reply.header('Cache-Control', 'no-store');
    refuseForeignScript(request, state.origins);
  });

  server.get('/session', async (request) => {
    const session = signedIn(state, request);
    return {
      fleet: options.fleet,
      operator: session.operator,
      expiresAt: new Date(session.expiresAtMs).toISOString(),
      websocketUrl: options.websocketUrl,
      devices: await options.devices(),
    };
  });

  const limited = { config: { rateLimit: { max: TOKENS_PER_MINUTE, timeWindow: '1 minute' } } };
  server.post('/token', limited, async (request) => {
    const { operator } = signedIn(state, request);
    const { token, expiresAtMs } = await options.operatorToken(operator);
    return { token, expiresAt: new Date(expiresAtMs).toISOString() };
  });

  server.post('/sign-out', async (request, reply) => {
    state.sessions.close(readSessionCookie(request.headers.cookie));
    return reply.header('Set-Cookie', endedSessionCookie()).status(204).send();
  });
}

function signedIn(state: ConsoleState, request: FastifyRequest): Session {
  const session = state.sessions.use(readSessionCookie(request.headers.cookie));
  if (session === undefined) throw new KeystileError('KS-A132');
  return session;
}
