import { command } from '../command.ts';
import { record, text, u8, u16 } from '../fields.ts';
import { lifeCycle } from '../objects/names.ts';

export const info = command({
  name: 'INFO',
  opcode: 0x01,
  group: 'system',
  summary: 'Says what the part is: serial, model, vault, life cycle and the limits of the link.',
  request: record({}),
  result: record({
    protocolVersion: u8,
    /** Bytes of payload in one frame. */
    payloadMax: u16,
    serial: text(64),
    model: text(64),
    /** Version of the part's own firmware. */
    partVersion: text(32),
    /** Where long-lived keys rest: `software`, `pkcs11` or `tpm2`. */
    vault: text(16),
    lifeCycle,
  }),
});
