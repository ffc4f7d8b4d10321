import type { WebSocket } from 'ws';
import type { Peer } from '../../connection/parts.ts';
import type { Driver } from '../driver.ts';
import type { Transport } from '../transport.ts';

/** Beyond this many bytes that the network has not taken, a client counts as slow; the same as a socket's. */
const BUFFERED_MAX = 64 * 1024;
/** RFC 6455 §7.4.1: data of a type that cannot be accepted. */
const UNSUPPORTED_DATA = 1003;

/** Joins a WebSocket to the driver: MQTT packets in binary messages, cut anywhere [MQTT-6.0.0-1]. */
export function driveWebSocket(socket: WebSocket, driver: Driver, peer: Peer, onAdmitted: () => void): void {
  const sent = (): void => {
    if (socket.bufferedAmount < BUFFERED_MAX) events.drained();
  };
  const transport: Transport = {
    write: (bytes) => {
      socket.send(bytes, sent);
      return socket.bufferedAmount < BUFFERED_MAX;
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    end: () => socket.close(),
    destroy: () => socket.terminate(),
  };
  const events = driver.open(transport, peer, onAdmitted);
  // Broken frames and resets end in `close`, which says all that matters.
  socket.on('error', () => undefined);
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) events.received(data);
    else socket.close(UNSUPPORTED_DATA);
  });
  socket.on('close', () => events.closed());
}
