import { command } from '../command.ts';
import { bytes16, record } from '../fields.ts';
import { sessionHandle, TLS_CHUNK_MAX, tlsProgressFields } from '../objects/tls-progress.ts';

export const tlsPush = command({
  name: 'TLS_PUSH',
  opcode: 0x51,
  group: 'tls',
  summary: 'Gives the session bytes that came from the network.',
  request: record({ handle: sessionHandle, bytes: bytes16(TLS_CHUNK_MAX) }),
  result: tlsProgressFields,
});
