import { command } from '../command.ts';
import { bytes16, record, text } from '../fields.ts';

export const makerBegin = command({
  name: 'MAKER_BEGIN',
  opcode: 0x18,
  group: 'maker',
  summary: 'Gives an unmade part its serial number and model and makes its attestation key inside; once in its life.',
  request: record({ serial: text(64), model: text(64) }),
  /** SubjectPublicKeyInfo, DER. */
  result: record({ attestationPublicKey: bytes16(256) }),
});
