import { createPrivateKey, sign } from 'node:crypto';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { TicketStore } from '@keystile/tls';
import { connect } from '@keystile/tls/node';
import type { Credentials } from './credentials.ts';
import { serverName } from './server-name.ts';

export type Group = 'X25519' | 'P-256';

export interface DialOptions {
  readonly port: number;
  readonly group: Group;
  /** Where this connection's tickets go, and where one is taken from if there are any. */
  readonly tickets?: Tickets;
}

/** One side's tickets of one server; each serves one connection. */
export interface Tickets {
  readonly ours: TicketStore;
  readonly peer: Buffer[];
}

export function noTickets(): Tickets {
  return { ours: new TicketStore(), peer: [] };
}

/** What the two clients have in common: `secureConnect` is emitted. */
export type Connection = Duplex & {
  setNoDelay(noDelay: boolean): unknown;
  isSessionReused(): boolean;
  getEphemeralKeyInfo(): object | null;
};

export type Dial = (options: DialOptions) => Connection;

/** Our client, with its key in this process: everything is given anew to each `connect`, as its users do. */
export function dialOurs({ root, client }: Credentials): Dial {
  const key = createPrivateKey(client.key);
  return ({ port, group, tickets }) =>
    connect({
      host: '127.0.0.1',
      port,
      servername: serverName,
      ca: root,
      cert: client.chain,
      signer: (input) => sign('sha256', input, key),
      policy: { groups: [group], keyShares: [group] },
      ...(tickets === undefined ? {} : { tickets: tickets.ours }),
    });
}

/** node:tls at its best: certificates and key are read once, into one secure context. */
export function dialNodeTls({ root, client }: Credentials): Dial {
  const contexts = { X25519: contextOf('X25519'), 'P-256': contextOf('P-256') };
  return ({ port, group, tickets }) => {
    const secureContext = contexts[group];
    const session = tickets?.peer.pop();
    const resumed = session === undefined ? {} : { session };
    const socket = tls.connect({ host: '127.0.0.1', port, servername: serverName, secureContext, ...resumed });
    if (tickets !== undefined) socket.on('session', (fresh) => tickets.peer.push(fresh));
    return socket;
  };

  function contextOf(ecdhCurve: Group): tls.SecureContext {
    const { chain: cert, key } = client;
    return tls.createSecureContext({ ca: root, cert, key, ecdhCurve, minVersion: 'TLSv1.3' });
  }
}
