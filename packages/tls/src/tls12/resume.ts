import { KeystileError } from '@keystile/errors';
import type { ClientState } from '../client/state.ts';
import { expectServerEnd } from './expect-change-cipher-spec.ts';
import type { ClosingHandshake, Tls12Handshake } from './handshake.ts';
import type { Tls12SessionTicket } from './session-ticket.ts';

/**
 * The server takes our ticket (RFC 5077 §3.1): no certificate is shown by either side, and the server's Finished comes
 * first. That this ServerHello has the extended master secret as its session had (RFC 7627 §5.3), the caller has checked.
 */
export function resume(handshake: Tls12Handshake, offered: Tls12SessionTicket | undefined): ClientState {
  if (offered === undefined) throw new KeystileError('KS-T112', 'the server resumes a session that was not offered');
  const { conversation, suite, randoms } = handshake;
  const ticket = offered.proof;
  if (ticket.master.suite.name !== suite.name) {
    throw new KeystileError('KS-T112', `the server resumes with ${suite.name}, which is not the suite of the session`);
  }
  if (conversation.options.resumption?.tls12Lease.isCurrent() !== true) throw new KeystileError('KS-T150');
  const master = ticket.master.resume(randoms);
  offered.destroy();
  const { client, server } = master.recordKeys();
  conversation.traceKey('destroyed', 'ticket key');
  conversation.traceKey('derived', 'master_secret', 'client_write_key', 'server_write_key');
  const closing: ClosingHandshake = {
    ...handshake,
    master,
    origin: { kind: 'resumed', ticket, clientKey: client },
  };
  return expectServerEnd(closing, server);
}
