import { command } from '../command.ts';
import { bytes16, record } from '../fields.ts';
import { sessionHandle, TLS_CHUNK_MAX, tlsProgressFields } from '../objects/tls-progress.ts';

export const tlsWrite = command({
  name: 'TLS_WRITE',
  opcode: 0x54,
  group: 'tls',
  summary: 'Encrypts application bytes for the peer; refused before the session is connected.',
  request: record({ handle: sessionHandle, bytes: bytes16(TLS_CHUNK_MAX) }),
  result: tlsProgressFields,
});
