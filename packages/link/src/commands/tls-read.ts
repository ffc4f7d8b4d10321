import { command } from '../command.ts';
import { bytes16, record, u16 } from '../fields.ts';
import { sessionHandle, TLS_CHUNK_MAX, tlsProgressFields } from '../objects/tls-progress.ts';

export const tlsRead = command({
  name: 'TLS_READ',
  opcode: 0x53,
  group: 'tls',
  summary: 'Fetches decrypted application bytes.',
  request: record({ handle: sessionHandle, lengthMax: u16 }),
  result: record({ bytes: bytes16(TLS_CHUNK_MAX), progress: tlsProgressFields }),
});
