import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fromHex } from '@keystile/bytes';
import { encodePacket, NO_PROPERTIES, type PublishPacket, TOPIC_LENGTH_MAX } from '../../src/index.ts';
import {
  bytesOf,
  connectBytes,
  decodeAll,
  decoderFor,
  faultOf,
  framed,
  packetId,
  text,
  topicName,
  Vectors,
} from '../support/vectors.ts';

const simple: PublishPacket = {
  kind: 'publish',
  topic: topicName('a/b'),
  payload: fromHex('c0ffee'),
  qos: 0,
  retain: false,
  dup: false,
  packetId: undefined,
  properties: NO_PROPERTIES,
};

/** MQTT 5.0 §1.5.4 and §1.5.4.1, RFC 3629. */
const notText = {
  'U+0000': '6100',
  'U+001F': '611f',
  'U+007F': '617f',
  'U+009F': 'c29f',
  'a surrogate': 'eda080',
  'an overlong slash': 'c0af',
  'a character that is cut': 'e282',
  'beyond U+10FFFF': 'f4908080',
  'U+FFFF': 'efbfbf',
  'U+FDD0': 'efb790',
  'U+1FFFE': 'f09fbfbe',
};

const vectors = new Vectors();
for (const version of [3, 4] as const) {
  vectors.packet('QoS 0', {
    version,
    to: 'both',
    wire: [
      '30', // PUBLISH, QoS 0
      '08', // remaining length
      '0003612f62', // topic: a/b
      'c0ffee', // payload
    ],
    packet: simple,
  });
  vectors.packet('every flag', {
    version,
    to: 'both',
    wire: [
      '3d', // PUBLISH, DUP, QoS 2, RETAIN
      '07', // remaining length
      '0003612f62', // topic: a/b
      'ffff', // packet identifier
    ],
    packet: { ...simple, payload: fromHex(''), qos: 2, retain: true, dup: true, packetId: packetId(65_535) },
  });
  const noTopic = { fault: 'topic-missing', reason: 0x82 } as const;
  vectors.malformed('an empty topic', { version, to: 'server', wire: framed('30', '0000', 'aa'), ...noTopic });
}
vectors.packet('QoS 1 without properties', {
  version: 5,
  to: 'both',
  wire: [
    '32', // PUBLISH, QoS 1
    '0b', // remaining length
    '0003612f62', // topic: a/b
    '0001', // packet identifier
    '00', // property length
    'c0ffee', // payload
  ],
  packet: { ...simple, qos: 1, packetId: packetId(1) },
});
vectors.packet('a topic beyond ASCII, with a byte order mark that stays', {
  version: 5,
  to: 'both',
  wire: [
    '30', // PUBLISH, QoS 0
    '0f', // remaining length
    '000c', // topic length
    'efbbbf', // U+FEFF
    'c3a9', // U+00E9
    'e282ac', // U+20AC
    'f09f9881', // U+1F601
    '00', // property length
  ],
  packet: { ...simple, topic: topicName('\ufeff\u00e9\u20ac\u{1f601}'), payload: fromHex('') },
});
vectors.packet('an alias in place of the topic', {
  version: 5,
  to: 'both',
  wire: [
    '30', // PUBLISH, QoS 0
    '07', // remaining length
    '0000', // topic: none
    '03', // property length
    '23000a', // topic alias: 10
    'aa', // payload
  ],
  packet: { ...simple, topic: undefined, payload: fromHex('aa'), properties: { topicAlias: 10 } },
});
const travelling = {
  payloadFormatIndicator: 1,
  messageExpiryInterval: 0xffff_ffff,
  contentType: 't',
  responseTopic: 'r/s',
  correlationData: fromHex('00ff'),
  topicAlias: 0xffff,
  userProperties: [
    ['k', 'v'],
    ['k', ''],
  ],
} as const;
const travellingWire = [
  '0101', // payload format indicator: UTF-8
  '02ffffffff', // message expiry interval
  '03000174', // content type
  '080003722f73', // response topic
  '09000200ff', // correlation data
  '23ffff', // topic alias
  '2600016b000176', // user property
  '2600016b0000', // the same name once more, without a value
] as const;
vectors.packet('every property of a client', {
  version: 5,
  to: 'both',
  wire: [
    '30', // PUBLISH, QoS 0
    '2c', // remaining length
    '0003612f62', // topic: a/b
    '26', // property length
    ...travellingWire,
  ],
  packet: { ...simple, payload: fromHex(''), properties: travelling },
});
vectors.packet('every property of a server', {
  version: 5,
  to: 'client',
  wire: [
    '30', // PUBLISH, QoS 0
    '33', // remaining length
    '0003612f62', // topic: a/b
    '2d', // property length
    ...travellingWire,
    '0b01', // subscription identifier: 1
    '0bffffff7f', // subscription identifier: 268,435,455
  ],
  packet: {
    ...simple,
    payload: fromHex(''),
    properties: { ...travelling, subscriptionIdentifiers: [1, 268_435_455] },
  },
});

for (const version of [4, 5] as const) {
  const none = version === 5 ? '00' : '';
  const to = 'server';
  const qos3 = { fault: 'publish-flags', reason: 0x81 } as const;
  const truncated = { fault: 'truncated', reason: 0x81 } as const;
  const topic = { fault: 'topic-name', reason: 0x81 } as const;
  vectors.malformed('QoS 3', { version, to, wire: framed('36', text('p'), '0001', none), ...qos3 });
  vectors.malformed('DUP at QoS 0', { version, to, wire: framed('38', text('p'), none), ...qos3 });
  vectors.malformed('no topic at all', { version, to, wire: framed('30'), ...truncated });
  vectors.malformed('a topic that is cut', { version, to, wire: framed('30', '0002', '61'), ...truncated });
  vectors.malformed('no identifier', { version, to, wire: framed('32', text('p'), '00'), ...truncated });
  const zero = { fault: 'packet-id', reason: 0x82 } as const;
  vectors.malformed('identifier 0', { version, to, wire: framed('32', text('p'), '0000', none), ...zero });
  for (const bad of ['a/+', '#', 'a#b']) {
    vectors.malformed(`topic ${bad}`, { version, to, wire: framed('30', text(bad), none), ...topic });
  }
  const deep = { fault: 'topic-limit', reason: 0x90 } as const;
  vectors.malformed('a topic of 129 levels', {
    version,
    to,
    wire: ['30', version === 5 ? '8301' : '8201', text('/'.repeat(128)), none],
    ...deep,
  });
  const badText = { fault: 'utf8', reason: 0x81 } as const;
  for (const [what, hex] of Object.entries(notText)) {
    vectors.malformed(what, { version, to, wire: framed('30', lengthOf(hex), hex, none), ...badText });
  }
}
const to = 'server';
const properties = (...wire: readonly string[]): readonly string[] => framed('30', text('p'), ...wire);
vectors.malformed('neither topic nor alias', {
  version: 5,
  to,
  wire: framed('30', '0000', '00'),
  fault: 'topic-missing',
  reason: 0x82,
});
vectors.malformed('alias 0', { version: 5, to, wire: properties('03', '230000'), fault: 'topic-alias', reason: 0x94 });
vectors.malformed('a subscription identifier from a client', {
  version: 5,
  to,
  wire: properties('02', '0b01'),
  fault: 'property-not-allowed',
  reason: 0x82,
});
vectors.malformed('subscription identifier 0', {
  version: 5,
  to: 'client',
  wire: properties('02', '0b00'),
  fault: 'property-value',
  reason: 0x82,
});
vectors.malformed('a response topic with a wildcard', {
  version: 5,
  to,
  wire: properties('05', '08', text('/#')),
  fault: 'property-value',
  reason: 0x82,
});
vectors.malformed('no property length', { version: 5, to, wire: properties(), fault: 'truncated', reason: 0x81 });

function lengthOf(hex: string): string {
  return (hex.length / 2).toString(16).padStart(4, '0');
}

describe('PUBLISH', () => {
  for (const { name, run } of vectors.cases) it(name, run);

  it('hands out the payload without copying it', () => {
    const chunk = encodePacket(simple, 4);
    const [packet] = decodeAll(decoderFor('server', 4, 'publish'), [chunk]);
    assert.ok(packet?.kind === 'publish');
    assert.equal(packet.payload.buffer, chunk.buffer);
    assert.equal(packet.payload.byteOffset, chunk.byteOffset + chunk.length - 3);
  });

  it('judges its flags before the body has come', () => {
    const decoder = decoderFor('server', 4, 'publish');
    decoder.push(bytesOf(['36', '7f']));
    assert.equal(faultOf(() => decoder.next()).fault, 'publish-flags');
  });

  it('takes a topic of the greatest length, in bytes and not in characters', () => {
    const decoder = decoderFor('client', 4, 'publish');
    const longest = topicName('\u00e9'.repeat(TOPIC_LENGTH_MAX / 2));
    assert.equal(decodeAll(decoder, [encodePacket({ ...simple, topic: longest }, 4)]).length, 1);
    const tooLong = `${longest}x` as typeof longest;
    const error = faultOf(() => decodeAll(decoder, [encodePacket({ ...simple, topic: tooLong }, 4)]));
    assert.equal(error.fault, 'topic-limit');
  });

  it('is not written without what it needs', () => {
    const bare = { ...simple, topic: undefined };
    assert.throws(() => encodePacket({ ...simple, qos: 1 }, 4), RangeError);
    assert.throws(() => encodePacket(bare, 5), RangeError);
    assert.throws(() => encodePacket({ ...bare, properties: { topicAlias: 1 } }, 4), RangeError);
    assert.throws(() => encodePacket({ ...simple, properties: { reasonString: 'no' } }, 5), RangeError);
  });

  it('leaves properties out where the version has none', () => {
    const [, packet] = decodeAll(decoderFor('server', 4, 'connect'), [
      connectBytes(4),
      encodePacket({ ...simple, properties: { contentType: 't' } }, 4),
    ]);
    assert.deepEqual(packet?.kind === 'publish' && packet.properties, {});
  });
});
