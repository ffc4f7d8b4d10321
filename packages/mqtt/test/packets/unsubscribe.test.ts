import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodePacket, FILTERS_MAX, NO_PROPERTIES } from '../../src/index.ts';
import { decodeAll, decoderFor, faultOf, framed, packetId, text, topicFilter, Vectors } from '../support/vectors.ts';

const vectors = new Vectors();
for (const version of [3, 4] as const) {
  vectors.packet('two filters', {
    version,
    to: 'server',
    wire: [
      'a2', // UNSUBSCRIBE, reserved flags 0010
      '0a', // remaining length
      '1234', // packet identifier
      '0003612f62', // filter: a/b
      '000123', // filter: #
    ],
    packet: {
      kind: 'unsubscribe',
      packetId: packetId(0x1234),
      filters: [topicFilter('a/b'), topicFilter('#')],
      properties: NO_PROPERTIES,
    },
  });
}
vectors.packet('a user property', {
  version: 5,
  to: 'server',
  wire: [
    'a2', // UNSUBSCRIBE, reserved flags 0010
    '0d', // remaining length
    '0001', // packet identifier
    '07', // property length
    '2600016b000176', // user property
    '00012b', // filter: +
  ],
  packet: {
    kind: 'unsubscribe',
    packetId: packetId(1),
    filters: [topicFilter('+')],
    properties: { userProperties: [['k', 'v']] },
  },
});
for (const version of [4, 5] as const) {
  const none = version === 5 ? '00' : '';
  const malformed = { version, to: 'server', reason: 0x81 } as const;
  const unsubscribe = (...fields: readonly string[]): readonly string[] => framed('a2', '0001', none, ...fields);
  vectors.malformed('flags 0000', { ...malformed, wire: ['a0', '00'], fault: 'reserved-flags' });
  vectors.malformed('no body', { ...malformed, wire: ['a2', '00'], fault: 'truncated' });
  vectors.malformed('no filter', { ...malformed, wire: unsubscribe(), fault: 'no-entries' });
  vectors.malformed('identifier 0', { ...malformed, wire: framed('a2', '0000', none, text('p')), fault: 'packet-id' });
  vectors.malformed('an empty filter', { ...malformed, wire: unsubscribe(text('')), fault: 'topic-filter' });
  vectors.malformed('filter a+', { ...malformed, wire: unsubscribe(text('a+')), fault: 'topic-filter' });
  vectors.malformed('a filter that is cut', { ...malformed, wire: unsubscribe('0002', '61'), fault: 'truncated' });
  vectors.malformed('a filter of 129 levels', {
    version,
    to: 'server',
    wire: ['a2', version === 5 ? '8501' : '8401', '0001', none, text('/'.repeat(128))],
    fault: 'topic-limit',
    reason: 0x8f,
  });
  vectors.malformed('from a server', { version, to: 'client', wire: ['a2', '00'], fault: 'packet-type', reason: 0x82 });
}
vectors.malformed('a property of others', {
  version: 5,
  to: 'server',
  wire: framed('a2', '0001', '02', '0b01', text('p')),
  fault: 'property-not-allowed',
  reason: 0x81,
});

describe('UNSUBSCRIBE', () => {
  for (const { name, run } of vectors.cases) it(name, run);

  it('takes so many filters and no more', () => {
    const unsubscribe = { kind: 'unsubscribe', packetId: packetId(1), properties: NO_PROPERTIES } as const;
    const most = encodePacket({ ...unsubscribe, filters: new Array(FILTERS_MAX).fill(topicFilter('f')) }, 4);
    assert.equal(decodeAll(decoderFor('server', 4, 'unsubscribe'), [most]).length, 1);
    const more = encodePacket({ ...unsubscribe, filters: new Array(FILTERS_MAX + 1).fill(topicFilter('f')) }, 4);
    assert.equal(faultOf(() => decodeAll(decoderFor('server', 4, 'unsubscribe'), [more])).fault, 'too-many');
  });
});
