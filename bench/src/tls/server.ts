import { createServer, type TLSSocket } from 'node:tls';
import { serveTasks } from '../contender.ts';
import type { Credentials } from './credentials.ts';
import { readRequest } from './request.ts';

/**
 * The server of every TLS workload, in a process of its own: node:tls, so OpenSSL, with client certificates demanded.
 *
 * It greets with one byte, which says that it has accepted the client's certificate, and then does what the client's
 * request line says: sends so many bytes in pieces, or takes so many and says that it did.
 */
const { root, server: own } = JSON.parse(process.argv[2] ?? '') as Credentials;

const server = createServer({
  ca: root,
  cert: own.chain,
  key: own.key,
  requestCert: true,
  rejectUnauthorized: true,
  noDelay: true,
  minVersion: 'TLSv1.3',
  ciphers: 'TLS_AES_128_GCM_SHA256',
  ecdhCurve: 'X25519:P-256',
});

server.on('secureConnection', (socket) => {
  socket.on('error', () => socket.destroy());
  socket.write('!');
  socket.once('data', (line) => {
    const { kind, bytes, piece } = readRequest(line);
    if (kind === 'source') send(socket, bytes, Buffer.alloc(piece, 0x61));
    else take(socket, bytes);
  });
});

/** Each piece is written when the one before has left, so that each is a record of its own. */
function send(socket: TLSSocket, bytes: number, piece: Buffer): void {
  if (bytes <= 0 || socket.destroyed) return;
  socket.write(piece, () => send(socket, bytes - piece.length, piece));
}

/** One byte says that it is ready, another that it has all. */
function take(socket: TLSSocket, bytes: number): void {
  let left = bytes;
  socket.write('!');
  socket.on('data', (data) => {
    left -= data.length;
    if (left <= 0) socket.write('!');
  });
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  serveTasks(async () => 0, address.port);
});
