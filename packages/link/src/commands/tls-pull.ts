import { command } from '../command.ts';
import { record } from '../fields.ts';
import { sessionHandle, tlsProgressFields } from '../objects/tls-progress.ts';

export const tlsPull = command({
  name: 'TLS_PULL',
  opcode: 0x52,
  group: 'tls',
  summary: 'Fetches bytes that the network should get.',
  request: record({ handle: sessionHandle }),
  result: tlsProgressFields,
});
