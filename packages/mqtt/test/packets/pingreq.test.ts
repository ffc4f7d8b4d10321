import { describe, it } from 'node:test';
import { Vectors } from '../support/vectors.ts';

const vectors = new Vectors();
for (const version of [3, 4, 5] as const) {
  vectors.packet('PINGREQ', {
    version,
    to: 'server',
    wire: [
      'c0', // PINGREQ
      '00', // remaining length
    ],
    packet: { kind: 'pingreq' },
  });
  vectors.malformed('with a body', {
    version,
    to: 'server',
    wire: ['c0', '01', '00'],
    fault: 'trailing-bytes',
    reason: 0x81,
  });
  vectors.malformed('with a flag', {
    version,
    to: 'server',
    wire: ['c1', '00'],
    fault: 'reserved-flags',
    reason: 0x81,
  });
  vectors.malformed('from a server', { version, to: 'client', wire: ['c0', '00'], fault: 'packet-type', reason: 0x82 });
}

describe('PINGREQ', () => {
  for (const { name, run } of vectors.cases) it(name, run);
});
