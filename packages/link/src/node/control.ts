import { createServer, type Server } from 'node:net';
import { KeystileError } from '@keystile/errors';
import { errorOf } from '../call.ts';
import { connectToSocket, listenOnSocket } from './socket-path.ts';

/**
 * The control socket of the virtual part: what on a board are pins, not bus commands. The reset line, the tamper pin
 * and, for tests, the power supply. One JSON line asks, one JSON line answers.
 */
export type ControlRequest =
  | { readonly op: 'reset-line' }
  | { readonly op: 'tamper'; readonly cause: TamperCause }
  | { readonly op: 'power-cut'; readonly atWrite: number }
  | { readonly op: 'status' };

export type TamperCause = 'pin' | 'glitch' | 'temperature';

export type ControlAnswer =
  | { readonly ok: true; readonly [field: string]: unknown }
  | { readonly ok: false; readonly code: string; readonly detail: string };

const LINE_MAX = 4096;
const ANSWER_TIMEOUT_MS = 10_000;
const causes: readonly string[] = ['pin', 'glitch', 'temperature'];

/** Asks once. Throws what the part refuses with, `KS-L100` (no answer) or `KS-L103` (nobody there). */
export async function askControl(path: string, request: ControlRequest): Promise<Extract<ControlAnswer, { ok: true }>> {
  const socket = await connectToSocket(path);
  try {
    const line = await new Promise<string>((resolve, reject) => {
      let received = '';
      socket.setTimeout(ANSWER_TIMEOUT_MS, () =>
        reject(new KeystileError('KS-L100', 'no answer on the control socket')),
      );
      socket.on('error', () => reject(new KeystileError('KS-L106', 'the control socket was closed')));
      socket.on('close', () => reject(new KeystileError('KS-L106', 'the control socket was closed')));
      socket.on('data', (chunk) => {
        received += chunk.toString('utf8');
        if (received.includes('\n')) resolve(received);
      });
      socket.write(`${JSON.stringify(request)}\n`);
    });
    const answer = JSON.parse(line) as ControlAnswer;
    if (!answer.ok) throw errorOf(answer);
    return answer;
  } finally {
    socket.destroy();
  }
}

/** Serves the control socket at `path`. What `handle` throws is answered as a refusal. */
export async function serveControl(
  path: string,
  handle: (request: ControlRequest) => Promise<Record<string, unknown>>,
): Promise<Server> {
  const server = createServer((socket) => {
    let received = '';
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      received += chunk.toString('utf8');
      const end = received.indexOf('\n');
      if (end < 0 && received.length > LINE_MAX) return void socket.destroy();
      if (end < 0) return;
      const line = received.slice(0, end);
      received = received.slice(end + 1);
      void answerLine(line, handle).then((answer) => socket.write(`${JSON.stringify(answer)}\n`));
    });
  });
  await listenOnSocket(server, path);
  return server;
}

async function answerLine(
  line: string,
  handle: (request: ControlRequest) => Promise<Record<string, unknown>>,
): Promise<ControlAnswer> {
  try {
    return { ok: true, ...(await handle(parseControlRequest(line))) };
  } catch (error) {
    if (error instanceof KeystileError) return { ok: false, code: error.code, detail: error.detail };
    return { ok: false, code: 'KS-L101', detail: 'the request on the control socket is not valid' };
  }
}

function parseControlRequest(line: string): ControlRequest {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null || !('op' in value)) throw new TypeError('no operation');
  const request = value as { op: unknown; cause?: unknown; atWrite?: unknown };
  if (request.op === 'reset-line' || request.op === 'status') return { op: request.op };
  if (request.op === 'tamper' && typeof request.cause === 'string' && causes.includes(request.cause)) {
    return { op: 'tamper', cause: request.cause as TamperCause };
  }
  if (request.op === 'power-cut' && Number.isSafeInteger(request.atWrite)) {
    return { op: 'power-cut', atWrite: Number(request.atWrite) };
  }
  throw new TypeError('unknown operation');
}
