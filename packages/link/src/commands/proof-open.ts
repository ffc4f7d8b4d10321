import { command } from '../command.ts';
import { record, text } from '../fields.ts';
import { SERVER_NAME_MAX } from '../objects/policies.ts';
import { sessionHandle, tlsProgressFields } from '../objects/tls-progress.ts';

export const proofOpen = command({
  name: 'PROOF_OPEN',
  opcode: 0x84,
  group: 'administration',
  summary:
    'Opens a TLS session under a policy as the staged change would have it, to a server that its command names. It is never resumed, carries no application data, and its handshake is the proof.',
  request: record({ policy: text(32), serverName: text(SERVER_NAME_MAX) }),
  result: record({ handle: sessionHandle, progress: tlsProgressFields }),
});
