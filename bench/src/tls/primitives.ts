import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  hash,
  randomBytes,
} from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { cpuMsOf, serveTasks } from '../contender.ts';

/**
 * What no client of TLS in JavaScript can do without: the calls of `node:crypto`, and the socket, of a workload. It is no
 * client: nothing is parsed, checked or decided.
 */
export type PrimitivesTask =
  | { readonly kind: 'resumed handshake'; readonly port: number; readonly count: number }
  | { readonly kind: 'receive'; readonly count: number }
  | { readonly kind: 'send by turn'; readonly port: number; readonly count: number };

serveTasks(async (task: PrimitivesTask) => {
  const { count } = task;
  switch (task.kind) {
    case 'resumed handshake':
      return (await cpuMsOf(() => times(count, () => resume(task.port)))) / count;
    case 'receive':
      return count / (await cpuMsOf(() => times(count, async () => open())));
    case 'send by turn': {
      const socket = await dial(task.port);
      socket.resume();
      const cpuMs = await cpuMsOf(() => times(count, () => sendInTurn(socket)));
      socket.destroy();
      return count / cpuMs;
    }
  }
});

async function times(count: number, work: () => Promise<void>): Promise<void> {
  for (let i = 0; i < count; i++) await work();
}

const key = createSecretKey(randomBytes(16));
const nonce = randomBytes(12);
const header = Buffer.from('1703030075', 'hex');
/** 100 bytes and their type. */
const inner = Buffer.alloc(101, 0x61);
const sealed = seal();

function seal(): Buffer {
  const cipher = createCipheriv('aes-128-gcm', key, nonce);
  cipher.setAAD(header);
  const ciphertext = cipher.update(inner);
  cipher.final();
  return Buffer.concat([header, ciphertext, cipher.getAuthTag()]);
}

function open(): void {
  const decipher = createDecipheriv('aes-128-gcm', key, nonce);
  decipher.setAuthTag(sealed.subarray(-16));
  decipher.setAAD(header);
  decipher.update(sealed.subarray(5, -16));
  decipher.final();
}

async function sendInTurn(socket: Socket): Promise<void> {
  if (!socket.write(seal())) await once(socket, 'drain');
  await new Promise((resolve) => setImmediate(resolve));
}

const serverShare = generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'pem' });
const block = Buffer.alloc(114);
/** Of the key schedule, binder and both Finished included; each is two hashes. */
const HMACS = 25;
/** EncryptedExtensions, Finished, the first data; and what the client sends. */
const [OPENED, SEALED] = [3, 1];

/** A connection of two round trips with the calls of a resumed handshake. */
async function resume(port: number): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  publicKey.export({ format: 'jwk' });
  const socket = await dial(port);
  socket.write(Buffer.alloc(500));
  await once(socket, 'data');
  diffieHellman({ privateKey, publicKey: createPublicKey(serverShare) });
  for (let i = 0; i < 2 * HMACS; i++) hash('sha256', block, 'buffer');
  for (let i = 0; i < OPENED; i++) open();
  for (let i = 0; i < SEALED; i++) seal();
  socket.write(Buffer.alloc(80));
  await once(socket, 'data');
  const closed = once(socket, 'close');
  socket.destroy();
  await closed;
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  return socket;
}
