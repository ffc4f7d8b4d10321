import { describe, it } from 'node:test';
import { Vectors } from '../support/vectors.ts';

const vectors = new Vectors();
for (const version of [3, 4, 5] as const) {
  vectors.packet('PINGRESP', {
    version,
    to: 'client',
    wire: [
      'd0', // PINGRESP
      '00', // remaining length
    ],
    packet: { kind: 'pingresp' },
  });
  vectors.malformed('with a body', {
    version,
    to: 'client',
    wire: ['d0', '01', '00'],
    fault: 'trailing-bytes',
    reason: 0x81,
  });
  vectors.malformed('with a flag', {
    version,
    to: 'client',
    wire: ['d8', '00'],
    fault: 'reserved-flags',
    reason: 0x81,
  });
  vectors.malformed('from a client', { version, to: 'server', wire: ['d0', '00'], fault: 'packet-type', reason: 0x82 });
}

describe('PINGRESP', () => {
  for (const { name, run } of vectors.cases) it(name, run);
});
