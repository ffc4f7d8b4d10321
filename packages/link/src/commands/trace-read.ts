import { command } from '../command.ts';
import { choice, flag, list, record, text, u32 } from '../fields.ts';
import { sessionHandle } from '../objects/tls-progress.ts';

export const traceRead = command({
  name: 'TRACE_READ',
  opcode: 0x70,
  group: 'trace',
  summary:
    'Fetches trace entries of a session, oldest first: message types, sizes, times and key names; no value derived from a secret.',
  request: record({ handle: sessionHandle, from: u32 }),
  result: record({
    entries: list(
      record({
        /** Microseconds since TLS_OPEN. */
        atUs: u32,
        direction: choice(['sent', 'received', 'inside']),
        /** Message or event, for example `ServerHello`. */
        name: text(48),
        /** Bytes of the message; 0 for an event. */
        length: u32,
        /** Name of the key that protects it, or empty. */
        key: text(48),
      }),
      32,
    ),
    more: flag,
  }),
});
