import { command } from '../command.ts';
import { record } from '../fields.ts';
import { chainFields } from '../objects/certificates.ts';
import { keySlot } from '../objects/names.ts';

export const certInstall = command({
  name: 'CERT_INSTALL',
  opcode: 0x38,
  group: 'certificates',
  summary:
    'Stores a renewed certificate beside the one in use: its leaf holds the key of the spare slot, its path ends at a root that may issue to clients. It takes over once it has completed a handshake.',
  request: record({ slot: keySlot, chain: chainFields }),
  result: record({}),
});
