import { createServer, type Socket } from 'node:net';
import { KeystileError } from '@keystile/errors';
import type { Traced } from '../../tracing.ts';
import { bindOwnerOnly } from '../listeners/owner-only.ts';
import { type ControlRequest, controlRequest } from './requests.ts';

/**
 * The control socket: JSON lines on a Unix socket of mode 0600, for the authority and the operator on this machine. Each
 * request is answered by one line, in order; `trace` goes on with a line for every packet until its client goes.
 */
export interface ControlActions {
  /** Answers everything but `trace`; a `KeystileError` becomes the answer. */
  perform(request: Exclude<ControlRequest, { op: 'trace' }>): object;
  /** Watches an identity until the returned function is called. */
  trace(urn: string, sink: (traced: Traced, remote: string) => void): () => void;
}

export interface ControlSocket {
  /** Accepts nothing more and ends what is connected. */
  close(): void;
}

const CONNECTIONS_MAX = 16;
const LINE_LENGTH_MAX = 4096;
/** Beyond this many bytes that a watcher has not read, packets are counted instead of shown. */
const TRACE_BUFFER_MAX = 256 * 1024;

export async function listenControl(path: string, actions: ControlActions): Promise<ControlSocket> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serve(socket, actions);
  });
  server.maxConnections = CONNECTIONS_MAX;
  await bindOwnerOnly(server, path, 'the control socket');
  return {
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function serve(socket: Socket, actions: ControlActions): void {
  let text = '';
  const say = (answer: object): void => void socket.write(`${JSON.stringify(answer)}\n`);
  const stops: (() => void)[] = [];
  socket.setEncoding('utf8');
  // Whoever asked may have gone; nobody is left to be told.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    for (const stop of stops) stop();
  });
  socket.on('data', (piece: string) => {
    const lines = (text + piece).split('\n');
    text = lines.pop() ?? '';
    if (text.length > LINE_LENGTH_MAX) {
      say(failure(new KeystileError('KS-B349', `the line is longer than ${LINE_LENGTH_MAX} characters`)));
      socket.destroySoon();
      return;
    }
    for (const line of lines) {
      const request = parsed(line);
      if (request instanceof KeystileError) say(failure(request));
      else if (request.op !== 'trace') say(answerTo(request, actions));
      else if (stops.length > 0) say(failure(new KeystileError('KS-B349', 'one trace is open here already')));
      else {
        say({ ok: true });
        stops.push(actions.trace(request.identity, traceTo(socket)));
      }
    }
  });
}

/** A watcher that reads slower than its device talks must not fill the memory of the broker. */
function traceTo(socket: Socket): (traced: Traced, remote: string) => void {
  let skipped = 0;
  return (traced, remote) => {
    if (socket.writableLength > TRACE_BUFFER_MAX) {
      skipped += 1;
      return;
    }
    const line = { at: new Date().toISOString(), remote, ...traced, ...(skipped > 0 && { skipped }) };
    skipped = 0;
    socket.write(`${JSON.stringify(line)}\n`);
  };
}

function parsed(line: string): ControlRequest | KeystileError {
  try {
    const result = controlRequest.safeParse(JSON.parse(line));
    if (result.success) return result.data;
    return new KeystileError('KS-B349', 'there is no such request');
  } catch {
    return new KeystileError('KS-B349', 'the line is not JSON');
  }
}

function answerTo(request: Exclude<ControlRequest, { op: 'trace' }>, actions: ControlActions): object {
  try {
    return { ok: true, ...actions.perform(request) };
  } catch (error) {
    if (error instanceof KeystileError) return failure(error);
    throw error;
  }
}

function failure({ code, detail }: KeystileError): object {
  return { ok: false, code, detail };
}
