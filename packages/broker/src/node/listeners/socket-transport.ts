import type { Socket } from 'node:net';
import type { Peer } from '../../connection/parts.ts';
import type { Driver } from '../driver.ts';
import type { Transport } from '../transport.ts';

/** Joins a TCP, TLS or Unix socket to the driver. */
export function driveSocket(socket: Socket, driver: Driver, peer: Peer, onAdmitted: () => void = () => {}): void {
  const transport: Transport = {
    write: (bytes) => socket.write(bytes),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  };
  const events = driver.open(transport, peer, onAdmitted);
  // A reset is how peers leave; `close` follows and says all that matters.
  socket.on('error', () => undefined);
  socket.on('data', (bytes: Buffer) => events.received(bytes));
  socket.on('drain', () => events.drained());
  socket.on('close', () => events.closed());
}
