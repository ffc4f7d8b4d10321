import { describe, it } from 'node:test';
import { NO_PROPERTIES } from '../../src/index.ts';
import { framed, packetId, Vectors } from '../support/vectors.ts';

const vectors = new Vectors();
for (const version of [3, 4] as const) {
  vectors.packet('UNSUBACK', {
    version,
    to: 'client',
    wire: [
      'b0', // UNSUBACK
      '02', // remaining length
      '1234', // packet identifier
    ],
    packet: { kind: 'unsuback', packetId: packetId(0x1234), codes: [], properties: NO_PROPERTIES },
  });
  const codes = { fault: 'trailing-bytes', reason: 0x81 } as const;
  vectors.malformed('with a code', { version, to: 'client', wire: framed('b0', '0001', '00'), ...codes });
}
vectors.packet('codes and properties', {
  version: 5,
  to: 'client',
  wire: [
    'b0', // UNSUBACK
    '10', // remaining length
    '0001', // packet identifier
    '0b', // property length
    '1f000177', // reason string: w
    '2600016b000176', // user property
    '00', // success
    '11', // no subscription existed
  ],
  packet: {
    kind: 'unsuback',
    packetId: packetId(1),
    codes: [0, 0x11],
    properties: { reasonString: 'w', userProperties: [['k', 'v']] },
  },
});
const malformed = { version: 5, to: 'client', reason: 0x81 } as const;
vectors.malformed('no code', { ...malformed, wire: framed('b0', '0001', '00'), fault: 'no-entries' });
vectors.malformed('no property length', { ...malformed, wire: framed('b0', '0001'), fault: 'truncated' });
vectors.malformed('wrong flags', { ...malformed, wire: ['b2', '00'], fault: 'reserved-flags' });
vectors.malformed('identifier 0', {
  ...malformed,
  wire: framed('b0', '0000', '00', '00'),
  fault: 'packet-id',
  reason: 0x82,
});
vectors.malformed('a code of SUBACK', {
  ...malformed,
  wire: framed('b0', '0001', '00', '01'),
  fault: 'reason-code',
  reason: 0x82,
});
vectors.malformed('from a client', {
  ...malformed,
  to: 'server',
  wire: ['b0', '00'],
  fault: 'packet-type',
  reason: 0x82,
});

describe('UNSUBACK', () => {
  for (const { name, run } of vectors.cases) it(name, run);
});
