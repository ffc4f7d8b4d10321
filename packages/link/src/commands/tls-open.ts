import { command } from '../command.ts';
import { record, text } from '../fields.ts';
import { SERVER_NAME_MAX } from '../objects/policies.ts';
import { sessionHandle, tlsProgressFields } from '../objects/tls-progress.ts';

export const tlsOpen = command({
  name: 'TLS_OPEN',
  opcode: 0x50,
  group: 'tls',
  summary: 'Opens a TLS session under a stored policy; a server name outside its list is refused.',
  request: record({ policy: text(32), serverName: text(SERVER_NAME_MAX) }),
  result: record({ handle: sessionHandle, progress: tlsProgressFields }),
});
