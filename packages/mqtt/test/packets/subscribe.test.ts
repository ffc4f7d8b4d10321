import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodePacket, FILTERS_MAX, NO_PROPERTIES, type SubscribePacket } from '../../src/index.ts';
import {
  bytesOf,
  decodeAll,
  decoderFor,
  faultOf,
  framed,
  packetId,
  text,
  topicFilter,
  Vectors,
} from '../support/vectors.ts';

const plainRequest = { noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
const vectors = new Vectors();
for (const version of [3, 4] as const) {
  vectors.packet('three filters', {
    version,
    to: 'server',
    wire: [
      '82', // SUBSCRIBE, reserved flags 0010
      '14', // remaining length
      '1234', // packet identifier
      '0003612f62', // filter: a/b
      '00', // QoS 0
      '0001', // filter: #
      '23',
      '01', // QoS 1
      '0005', // filter: +/c/+
      '2b2f632f2b',
      '02', // QoS 2
    ],
    packet: {
      kind: 'subscribe',
      packetId: packetId(0x1234),
      subscriptions: [
        { filter: topicFilter('a/b'), qos: 0, ...plainRequest },
        { filter: topicFilter('#'), qos: 1, ...plainRequest },
        { filter: topicFilter('+/c/+'), qos: 2, ...plainRequest },
      ],
      properties: NO_PROPERTIES,
    },
  });
  for (const options of ['04', '08', '10', '20', '40', '80']) {
    vectors.malformed(`option bit ${options}`, {
      version,
      to: 'server',
      wire: framed('82', '0001', text('p'), options),
      fault: 'subscription-options',
      reason: 0x81,
    });
  }
}
vectors.packet('all options and properties', {
  version: 5,
  to: 'server',
  wire: [
    '82', // SUBSCRIBE, reserved flags 0010
    '2d', // remaining length
    '0001', // packet identifier
    '0c', // property length
    '2600016b000176', // user property
    '0bffffff7f', // subscription identifier: 268,435,455
    '0001', // filter: p
    '70',
    '2e', // retain handling 2, retain as published, no local, QoS 2
    '000e', // filter: $share/g/s/+/#
    '2473686172652f672f732f2b2f23',
    '19', // retain handling 1, retain as published, QoS 1
    '0006', // filter that only looks shared: $shars
    '247368617273',
    '00', // QoS 0
  ],
  packet: {
    kind: 'subscribe',
    packetId: packetId(1),
    subscriptions: [
      { filter: topicFilter('p'), qos: 2, noLocal: true, retainAsPublished: true, retainHandling: 2 },
      { filter: topicFilter('$share/g/s/+/#'), qos: 1, noLocal: false, retainAsPublished: true, retainHandling: 1 },
      { filter: topicFilter('$shars'), qos: 0, ...plainRequest },
    ],
    properties: { subscriptionIdentifiers: [268_435_455], userProperties: [['k', 'v']] },
  },
});

for (const version of [4, 5] as const) {
  const none = version === 5 ? '00' : '';
  const to = 'server';
  const subscribe = (...fields: readonly string[]): readonly string[] => framed('82', '0001', none, ...fields);
  const malformed = { version, to, reason: 0x81 } as const;
  vectors.malformed('flags 0000', { ...malformed, wire: ['80', '00'], fault: 'reserved-flags' });
  vectors.malformed('flags 1010', { ...malformed, wire: ['8a', '00'], fault: 'reserved-flags' });
  vectors.malformed('no identifier', { ...malformed, wire: ['82', '00'], fault: 'truncated' });
  vectors.malformed('identifier 0', {
    ...malformed,
    wire: framed('82', '0000', none, text('p'), '00'),
    fault: 'packet-id',
  });
  vectors.malformed('no filter', { ...malformed, wire: subscribe(), fault: 'no-entries' });
  vectors.malformed('no options', { ...malformed, wire: subscribe(text('p')), fault: 'truncated' });
  vectors.malformed('QoS 3', { ...malformed, wire: subscribe(text('p'), '03'), fault: 'subscription-options' });
  vectors.malformed('a bad second filter', {
    ...malformed,
    wire: subscribe(text('p'), '00', text(''), '00'),
    fault: 'topic-filter',
  });
  for (const bad of [
    'a+',
    '+a',
    '#/a',
    'a#',
    '$share',
    '$share/',
    '$share/g',
    '$share/g/',
    '$share//f',
    '$share/+/f',
  ]) {
    vectors.malformed(`filter ${bad}`, { ...malformed, wire: subscribe(text(bad), '00'), fault: 'topic-filter' });
  }
  vectors.malformed('a share in a share', {
    ...malformed,
    wire: subscribe(text('$share/g/$share/h/f'), '00'),
    fault: 'topic-filter',
  });
  vectors.malformed('a filter of 129 levels', {
    version,
    to,
    wire: ['82', version === 5 ? '8601' : '8501', '0001', none, text('/'.repeat(128)), '00'],
    fault: 'topic-limit',
    reason: 0x8f,
  });
  vectors.malformed('U+0001', { ...malformed, wire: subscribe('0002', '6101', '00'), fault: 'utf8' });
  vectors.malformed('from a server', { version, to: 'client', wire: ['82', '00'], fault: 'packet-type', reason: 0x82 });
}
const subscribe = (...fields: readonly string[]): readonly string[] => framed('82', '0001', ...fields);
const malformed = { version: 5, to: 'server', reason: 0x81 } as const;
const options = 'subscription-options' as const;
vectors.malformed('retain handling 3', { ...malformed, wire: subscribe('00', text('p'), '30'), fault: options });
vectors.malformed('reserved bit 6', { ...malformed, wire: subscribe('00', text('p'), '40'), fault: options });
vectors.malformed('reserved bit 7', { ...malformed, wire: subscribe('00', text('p'), '80'), fault: options });
vectors.malformed('no local on a shared filter', {
  ...malformed,
  wire: subscribe('00', text('$share/g/f'), '04'),
  fault: 'shared-no-local',
  reason: 0x82,
});
vectors.malformed('subscription identifier 0', {
  ...malformed,
  wire: subscribe('02', '0b00', text('p'), '00'),
  fault: 'property-value',
});
vectors.malformed('two subscription identifiers', {
  ...malformed,
  wire: subscribe('04', '0b01', '0b02', text('p'), '00'),
  fault: 'property-repeated',
});
vectors.malformed('a property of others', {
  ...malformed,
  wire: subscribe('03', '230001', text('p'), '00'),
  fault: 'property-not-allowed',
});

describe('SUBSCRIBE', () => {
  for (const { name, run } of vectors.cases) it(name, run);

  it('takes so many filters and no more', () => {
    const filter = { filter: topicFilter('f'), qos: 0, ...plainRequest } as const;
    const subscribe: SubscribePacket = {
      kind: 'subscribe',
      packetId: packetId(1),
      subscriptions: new Array(FILTERS_MAX).fill(filter),
      properties: NO_PROPERTIES,
    };
    const [packet] = decodeAll(decoderFor('server', 5, 'subscribe'), [encodePacket(subscribe, 5)]);
    assert.equal(packet?.kind === 'subscribe' && packet.subscriptions.length, FILTERS_MAX);
    const tooMany = { ...subscribe, subscriptions: [...subscribe.subscriptions, filter] };
    const error = faultOf(() => decodeAll(decoderFor('server', 5, 'subscribe'), [encodePacket(tooMany, 5)]));
    assert.deepEqual([error.fault, error.reasonCode], ['too-many', 0x97]);
  });

  it('may carry DUP in MQTT 3.1', () => {
    const repeated = bytesOf(framed('8a', '0001', text('p'), '00'));
    assert.equal(decodeAll(decoderFor('server', 3, 'subscribe'), [repeated])[0]?.kind, 'subscribe');
  });
});
