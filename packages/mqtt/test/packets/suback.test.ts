import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodePacket, FILTERS_MAX, NO_PROPERTIES, SUBSCRIBE_FAILURE } from '../../src/index.ts';
import { decodeAll, decoderFor, faultOf, framed, packetId, Vectors } from '../support/vectors.ts';

const vectors = new Vectors();
for (const version of [3, 4] as const) {
  vectors.packet('every code', {
    version,
    to: 'client',
    wire: [
      '90', // SUBACK
      '06', // remaining length
      '1234', // packet identifier
      '00', // QoS 0
      '01', // QoS 1
      '02', // QoS 2
      '80', // failure
    ],
    packet: {
      kind: 'suback',
      packetId: packetId(0x1234),
      codes: [0, 1, 2, SUBSCRIBE_FAILURE],
      properties: NO_PROPERTIES,
    },
  });
  const unknown = { fault: 'reason-code', reason: 0x82 } as const;
  vectors.malformed('code 3', { version, to: 'client', wire: framed('90', '0001', '03'), ...unknown });
  vectors.malformed('code 0x87', { version, to: 'client', wire: framed('90', '0001', '87'), ...unknown });
}
vectors.packet('codes and properties', {
  version: 5,
  to: 'client',
  wire: [
    '90', // SUBACK
    '11', // remaining length
    '0001', // packet identifier
    '0b', // property length
    '1f000177', // reason string: w
    '2600016b000176', // user property
    '02', // QoS 2
    'a2', // wildcard subscriptions not supported
    '8f', // topic filter invalid
  ],
  packet: {
    kind: 'suback',
    packetId: packetId(1),
    codes: [2, 0xa2, 0x8f],
    properties: { reasonString: 'w', userProperties: [['k', 'v']] },
  },
});
for (const version of [4, 5] as const) {
  const none = version === 5 ? '00' : '';
  const malformed = { version, to: 'client', reason: 0x81 } as const;
  vectors.malformed('no code', { ...malformed, wire: framed('90', '0001', none), fault: 'no-entries' });
  vectors.malformed('no body', { ...malformed, wire: ['90', '00'], fault: 'truncated' });
  vectors.malformed('wrong flags', { ...malformed, wire: ['92', '00'], fault: 'reserved-flags' });
  vectors.malformed('from a client', { version, to: 'server', wire: ['90', '00'], fault: 'packet-type', reason: 0x82 });
}
vectors.malformed('a code of others', {
  version: 5,
  to: 'client',
  wire: framed('90', '0001', '00', '11'),
  fault: 'reason-code',
  reason: 0x82,
});

describe('SUBACK', () => {
  for (const { name, run } of vectors.cases) it(name, run);

  it('has no more codes than a SUBSCRIBE has filters', () => {
    const suback = { kind: 'suback', packetId: packetId(1), properties: NO_PROPERTIES } as const;
    const most = encodePacket({ ...suback, codes: new Array(FILTERS_MAX).fill(0) }, 4);
    assert.equal(decodeAll(decoderFor('client', 4, 'suback'), [most]).length, 1);
    const more = encodePacket({ ...suback, codes: new Array(FILTERS_MAX + 1).fill(0) }, 4);
    assert.equal(faultOf(() => decodeAll(decoderFor('client', 4, 'suback'), [more])).fault, 'too-many');
  });
});
