import { KeystileError } from '@keystile/errors';
import type { FastifyRequest } from 'fastify';

/**
 * Where a request comes from. Three defences, each enough alone against the attacks it is for:
 * the Host list against DNS rebinding, the Origin check and the own header (which no form or image can send, and
 * which makes a cross-site fetch ask first) against cross-site request forgery.
 */
const CONSOLE_HEADER = 'x-keystile-console';

/** Loopback by every name a browser uses for it. */
export function consoleOrigins(port: number): readonly string[] {
  return ['localhost', '127.0.0.1', '[::1]'].map((host) => new URL(`https://${host}:${port}`).origin);
}

export function refuseForeignHost(request: FastifyRequest, origins: readonly string[]): void {
  const origin = `https://${request.headers.host ?? ''}`;
  if (!URL.canParse(origin) || !origins.includes(new URL(origin).origin)) {
    throw new KeystileError('KS-A133', 'the Host header names another server than this console');
  }
}

/** For every request of the page's script. */
export function refuseForeignScript(request: FastifyRequest, origins: readonly string[]): void {
  if (request.headers[CONSOLE_HEADER] !== '1') {
    throw new KeystileError('KS-A133', 'the request lacks the header X-Keystile-Console: 1');
  }
  const { origin } = request.headers;
  // A same-origin GET carries no Origin; there the own header has to be enough.
  if (origin === undefined && request.method === 'GET') return;
  if (origin === undefined || !origins.includes(origin)) {
    throw new KeystileError('KS-A133', `the request comes from ${origin ?? 'a client that names no origin'}`);
  }
}

/** For the sign-in form: browsers name the origin of every POST; a client without one must hold the link anyway. */
export function refuseForeignForm(request: FastifyRequest, origins: readonly string[]): void {
  const { origin } = request.headers;
  if (origin !== undefined && !origins.includes(origin)) {
    throw new KeystileError('KS-A133', `the sign-in form was sent from ${origin}`);
  }
}
