import { type ErrorCode, KeystileError } from '@keystile/errors';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { ConsoleState } from './server.ts';

/** The one table from public codes to HTTP status; what is not in it is 500. */
const httpStatus: Partial<Record<ErrorCode, number>> = {
  'KS-A131': 401,
  'KS-A132': 401,
  'KS-A133': 403,
  'KS-A134': 429,
  'KS-A136': 404,
  'KS-A138': 400,
};

/** Every failure leaves as JSON `{code, detail, fix}`; a fault of ours says nothing about its inside. */
export function answerError({ options }: ConsoleState) {
  return (error: FastifyError | KeystileError, _request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const known = publicError(error);
    const status = httpStatus[known.code] ?? 500;
    if (status === 500) options.log.error({ err: error }, 'a console request failed');
    return reply.status(status).header('Cache-Control', 'no-store').send(known.toJSON());
  };
}

export function answerMissing(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split('?')[0] ?? '/';
  const missing = new KeystileError('KS-A136', `there is nothing at ${request.method} ${path}`);
  return reply.status(404).header('Cache-Control', 'no-store').send(missing.toJSON());
}

function publicError(error: FastifyError | KeystileError): KeystileError {
  if (error instanceof KeystileError) return error;
  const { statusCode } = error;
  if (statusCode === 404) return new KeystileError('KS-A136');
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new KeystileError('KS-A138', error.message);
  }
  return new KeystileError('KS-A139');
}
