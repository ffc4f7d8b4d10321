import { command } from '../command.ts';
import { record } from '../fields.ts';
import { sessionHandle, tlsProgressFields } from '../objects/tls-progress.ts';

export const tlsKeyUpdate = command({
  name: 'TLS_KEY_UPDATE',
  opcode: 0x56,
  group: 'tls',
  summary: 'Moves both directions of a connected session to new keys.',
  request: record({ handle: sessionHandle }),
  result: tlsProgressFields,
});
