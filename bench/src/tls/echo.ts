import { createServer } from 'node:net';
import { serveTasks } from '../contender.ts';

/** A server without TLS, for what a connection costs by itself: it sends back all it gets. */
const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.pipe(socket);
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  serveTasks(async () => 0, address.port);
});
