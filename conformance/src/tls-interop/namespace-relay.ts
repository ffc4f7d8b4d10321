/**
 * Runs inside a network namespace. Each connection to the Unix socket of the first argument begins with a port, two
 * bytes; what follows goes to that port on the namespace's loopback, and back.
 */
import { connect, createServer, type Socket } from 'node:net';

const [path] = process.argv.slice(2);

const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (outside) => {
  outside.on('error', () => outside.destroy());
  outside.once('readable', () => joinTo(outside));
});
server.listen(path, () => process.stdout.write('ready\n'));

function joinTo(outside: Socket): void {
  const greeting: Buffer | null = outside.read(2);
  if (greeting === null) {
    outside.once('readable', () => joinTo(outside));
    return;
  }
  const port = greeting.readUInt16BE();
  const inside = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  inside.on('error', () => outside.destroy());
  outside.on('error', () => inside.destroy());
  inside.on('close', () => outside.end());
  outside.pipe(inside);
  inside.pipe(outside);
}
