import { KeystileError } from '@keystile/errors';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { refuseForeignForm } from './request-origin.ts';
import type { ConsoleState } from './server.ts';
import { readSessionCookie, sessionCookie } from './session-cookie.ts';
import { openLinkPage, type PageFrame, signedOutPage } from './sign-in-pages.ts';

/** Guessing 256 bits is hopeless; the limit keeps a broken script from filling the log. */
const SIGN_INS_PER_MINUTE = 20;

/** `/` (the page, or how to sign in) and `/sign-in` (a link becomes a session). */
export async function signInRoutes(server: FastifyInstance, { state }: { state: ConsoleState }): Promise<void> {
  server.get('/', async (request, reply) => {
    const session = state.sessions.use(readSessionCookie(request.headers.cookie));
    if (session === undefined) return sendPage(reply.status(401), signedOutPage(frameOf(reply)));
    const { scriptNonce, styleNonce } = frameOf(reply);
    const html = state.indexHtml.replaceAll('{{script-nonce}}', scriptNonce).replaceAll('{{style-nonce}}', styleNonce);
    return sendPage(reply, html);
  });

  server.get('/sign-in', async (request, reply) => {
    const secret = new URL(request.url, 'https://console').searchParams.get('link');
    if (secret === null) return sendPage(reply.status(401), signedOutPage(frameOf(reply)));
    return sendPage(reply, openLinkPage(frameOf(reply), secret));
  });

  const limited = { config: { rateLimit: { max: SIGN_INS_PER_MINUTE, timeWindow: '1 minute' } } };
  server.post('/sign-in', limited, async (request, reply) => {
    refuseForeignForm(request, state.origins);
    const secret = request.body instanceof URLSearchParams ? request.body.get('link') : null;
    if (secret === null || !state.links.redeem(secret)) {
      state.options.log.warn('a one-time link that is spent, expired or unknown was refused');
      const { code, detail } = new KeystileError('KS-A131', 'This link has been used, or is older than ten minutes.');
      return sendPage(reply.status(401), signedOutPage(frameOf(reply), `${detail} (${code})`));
    }
    // Whoever was signed in here before is signed out: a session never survives a new sign-in.
    state.sessions.close(readSessionCookie(request.headers.cookie));
    const { operator } = state.options;
    state.options.log.info({ operator }, 'signed in by one-time link');
    return reply
      .header('Set-Cookie', sessionCookie(state.sessions.open(operator)))
      .header('Cache-Control', 'no-store')
      .redirect('/', 303);
  });
}

function frameOf(reply: FastifyReply): PageFrame {
  return { scriptNonce: reply.cspNonce.script, styleNonce: reply.cspNonce.style };
}

function sendPage(reply: FastifyReply, html: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').header('Cache-Control', 'no-store').send(html);
}
