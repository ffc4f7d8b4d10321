import { command } from '../command.ts';
import { bytes16, record, u8, u32 } from '../fields.ts';
import { sessionHandle, TLS_CHUNK_MAX } from '../objects/tls-progress.ts';

export const tlsRevocation = command({
  name: 'TLS_REVOCATION',
  opcode: 0x58,
  group: 'tls',
  summary:
    "Gives a session that is not connected yet a list of revoked certificates, in pieces. The part checks it like anything that a stranger says: it can end the session, and never excuse a server from the policy's rule.",
  /** A CRL, DER: `total` bytes, of which these begin at `offset`. */
  request: record({ handle: sessionHandle, offset: u32, total: u32, bytes: bytes16(TLS_CHUNK_MAX) }),
  /** Whole lists that the session holds, and the bytes that it still has room for. */
  result: record({ lists: u8, room: u32 }),
});
