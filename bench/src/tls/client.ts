import { once } from 'node:events';
import { cpuMsOf, residentKib, serveTasks } from '../contender.ts';
import type { Credentials } from './credentials.ts';
import {
  type Connection,
  type Dial,
  type DialOptions,
  dialNodeTls,
  dialOurs,
  type Group,
  noTickets,
  type Tickets,
} from './dial.ts';
import { type Request, writeRequest } from './request.ts';

/** A client of the TLS workloads, in a process of its own: `ours` or `peer`, with everything else the same. */
export type ClientTask = { readonly port: number } & (
  | { readonly kind: 'handshakes'; readonly group: Group; readonly resume: boolean; readonly count: number }
  | { readonly kind: 'receive'; readonly bytes: number; readonly piece: number }
  /** `turn`: one piece for each turn of the event loop, where else as many as there is room for. */
  | { readonly kind: 'send'; readonly bytes: number; readonly piece: number; readonly pace: 'streamed' | 'turn' }
  | { readonly kind: 'idle'; readonly before: number; readonly count: number }
);

const [side = '', credentials = ''] = process.argv.slice(2);
const dial = dialOf(side, JSON.parse(credentials) as Credentials);

serveTasks(async (task: ClientTask) => {
  switch (task.kind) {
    case 'handshakes':
      return handshakes(task);
    case 'receive':
      return transfer(task.port, { ...task, kind: 'source' }, receive);
    case 'send':
      return transfer(task.port, { ...task, kind: 'sink' }, task.pace === 'turn' ? sendByTurn : sendStreamed);
    case 'idle':
      return idle(task);
  }
});

function dialOf(name: string, given: Credentials): Dial {
  if (name === 'ours') return dialOurs(given);
  if (name === 'peer') return dialNodeTls(given);
  throw new Error(`there is no client "${name}"`);
}

/** CPU of one handshake with all that belongs to it, from connect to close, in milliseconds. */
async function handshakes({ port, group, resume, count }: ClientTask & { kind: 'handshakes' }): Promise<number> {
  const tickets = resume ? await ticketsFor(count, { port, group }) : undefined;
  const cpuMs = await cpuMsOf(async () => {
    for (let i = 0; i < count; i++) {
      const from = tickets?.[Math.floor(i / TICKETS_EACH)];
      const connection = await open({ port, group, ...(from === undefined ? {} : { tickets: from }) });
      if (connection.isSessionReused() !== resume) throw new Error(`${side}: resumed is ${!resume}`);
      await close(connection);
    }
  });
  return cpuMs / count;
}

/** node:tls as the server gives two after a full handshake and none after a resumed one. */
const TICKETS_EACH = 2;

async function ticketsFor(count: number, options: DialOptions): Promise<readonly Tickets[]> {
  const all: Tickets[] = [];
  while (all.length * TICKETS_EACH < count) {
    const tickets = noTickets();
    await close(await open({ ...options, tickets }));
    all.push(tickets);
  }
  return all;
}

/** Resolves when the server has accepted the client: its first byte is here. */
async function open(options: DialOptions): Promise<Connection> {
  const connection = dial(options);
  connection.setNoDelay(true);
  await once(connection, 'data');
  return connection;
}

async function close(connection: Connection): Promise<void> {
  const closed = once(connection, 'close');
  connection.destroy();
  await closed;
}

type Transfer = (connection: Connection, request: Request) => Promise<void>;

/** Pieces per millisecond of CPU, without the handshake. */
async function transfer(port: number, request: Request, work: Transfer): Promise<number> {
  const connection = await open({ port, group: 'X25519' });
  const cpuMs = await cpuMsOf(() => work(connection, request));
  await close(connection);
  return request.bytes / request.piece / cpuMs;
}

async function receive(connection: Connection, request: Request): Promise<void> {
  let left = request.bytes;
  const done = Promise.withResolvers<void>();
  connection.on('data', (data: Uint8Array) => {
    left -= data.length;
    if (left <= 0) done.resolve();
  });
  connection.write(writeRequest(request));
  await done.promise;
}

async function sendStreamed(connection: Connection, request: Request): Promise<void> {
  await send(connection, request, undefined);
}

async function sendByTurn(connection: Connection, request: Request): Promise<void> {
  await send(connection, request, nextTurn);
}

async function send(connection: Connection, request: Request, pause: (() => Promise<void>) | undefined): Promise<void> {
  const piece = await readyToSend(connection, request);
  // It can be here before the last pause is over.
  const received = once(connection, 'data');
  for (let sent = 0; sent < request.bytes; sent += piece.length) {
    if (!connection.write(piece)) await once(connection, 'drain');
    if (pause !== undefined) await pause();
  }
  await received;
}

async function readyToSend(connection: Connection, request: Request): Promise<Uint8Array> {
  connection.write(writeRequest(request));
  await once(connection, 'data');
  return Buffer.alloc(request.piece, 0x61);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Resident KiB of one more connection that only waits. */
async function idle({ port, before, count }: ClientTask & { kind: 'idle' }): Promise<number> {
  // Code that is compiled and memory that is left over in these would count as theirs, or for them.
  for (let i = 0; i < count / 2; i++) await close(await open({ port, group: 'X25519' }));
  const connections: Connection[] = [];
  const openUpTo = async (length: number): Promise<number> => {
    while (connections.length < length) connections.push(await open({ port, group: 'X25519' }));
    return residentKib();
  };
  const start = await openUpTo(before);
  const kib = ((await openUpTo(before + count)) - start) / count;
  for (const connection of connections) connection.destroy();
  return kib;
}
