import { command } from '../command.ts';
import { flag, record } from '../fields.ts';
import { sessionHandle, tlsProgressFields } from '../objects/tls-progress.ts';

export const tlsClose = command({
  name: 'TLS_CLOSE',
  opcode: 0x57,
  group: 'tls',
  summary: 'Sends close_notify; with `release`, also frees the handle, after which it names nothing.',
  request: record({ handle: sessionHandle, release: flag }),
  result: tlsProgressFields,
});
