import { describe, it } from 'node:test';
import { NO_PROPERTIES, Reason } from '../../src/index.ts';
import { framed, text, Vectors } from '../support/vectors.ts';

const vectors = new Vectors();
for (const version of [3, 4] as const) {
  vectors.packet('DISCONNECT', {
    version,
    to: 'server',
    wire: [
      'e0', // DISCONNECT
      '00', // remaining length
    ],
    packet: { kind: 'disconnect', reason: Reason.success, properties: NO_PROPERTIES },
  });
  const to = 'server';
  vectors.malformed('a reason', { version, to, wire: ['e0', '01', '00'], fault: 'trailing-bytes', reason: 0x81 });
  vectors.malformed('from a server', {
    version,
    to: 'client',
    wire: ['e0', '00'],
    fault: 'packet-type',
    reason: 0x82,
  });
}
vectors.packet('normal', {
  version: 5,
  to: 'both',
  wire: [
    'e0', // DISCONNECT
    '00', // remaining length
  ],
  packet: { kind: 'disconnect', reason: Reason.success, properties: NO_PROPERTIES },
});
vectors.packet('normal, written out', {
  version: 5,
  to: 'both',
  wire: [
    'e0', // DISCONNECT
    '02', // remaining length
    '00', // reason: normal disconnection
    '00', // property length
  ],
  packet: { kind: 'disconnect', reason: Reason.success, properties: NO_PROPERTIES },
  encoded: ['e0', '00'],
});
vectors.packet('a reason alone', {
  version: 5,
  to: 'server',
  wire: [
    'e0', // DISCONNECT
    '01', // remaining length
    '04', // reason: disconnect with will message
  ],
  packet: { kind: 'disconnect', reason: Reason.disconnectWithWill, properties: NO_PROPERTIES },
});
vectors.packet('all properties of a client', {
  version: 5,
  to: 'server',
  wire: [
    'e0', // DISCONNECT
    '12', // remaining length
    '04', // reason: disconnect with will message
    '10', // property length
    '11ffffffff', // session expiry interval: never
    '1f000177', // reason string: w
    '2600016b000176', // user property
  ],
  packet: {
    kind: 'disconnect',
    reason: Reason.disconnectWithWill,
    properties: { sessionExpiryInterval: 0xffff_ffff, reasonString: 'w', userProperties: [['k', 'v']] },
  },
});
vectors.packet('all properties of a server', {
  version: 5,
  to: 'client',
  wire: [
    'e0', // DISCONNECT
    '11', // remaining length
    '9d', // reason: server moved
    '0f', // property length
    '1c000173', // server reference: s
    '1f000177', // reason string: w
    '2600016b000176', // user property
  ],
  packet: {
    kind: 'disconnect',
    reason: Reason.serverMoved,
    properties: { serverReference: 's', reasonString: 'w', userProperties: [['k', 'v']] },
  },
});

for (const to of ['server', 'client'] as const) {
  const malformed = { version: 5, to, reason: 0x82 } as const;
  vectors.malformed('a reason of others', { ...malformed, wire: framed('e0', '85'), fault: 'reason-code' });
  vectors.malformed('an unknown reason', { ...malformed, wire: framed('e0', 'ff'), fault: 'reason-code' });
  vectors.malformed('flags', { ...malformed, wire: ['e2', '00'], fault: 'reserved-flags' });
  vectors.malformed('a property twice', {
    ...malformed,
    wire: framed('e0', '80', '08', `1f${text('v')}`, `1f${text('w')}`),
    fault: 'property-repeated',
  });
  vectors.malformed('bytes after the properties', {
    ...malformed,
    wire: framed('e0', '00', '00', '00'),
    fault: 'trailing-bytes',
    reason: 0x81,
  });
}
vectors.malformed('a session expiry from a server', {
  version: 5,
  to: 'client',
  wire: framed('e0', '00', '05', '1100000000'),
  fault: 'property-not-allowed',
  reason: 0x82,
});
vectors.malformed('a wish for the will from a server', {
  version: 5,
  to: 'client',
  wire: framed('e0', '04'),
  fault: 'reason-code',
  reason: 0x82,
});

describe('DISCONNECT', () => {
  for (const { name, run } of vectors.cases) it(name, run);
});
