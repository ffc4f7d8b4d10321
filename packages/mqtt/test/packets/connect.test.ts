import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fromHex } from '@keystile/bytes';
import { type ConnectPacket, NO_PROPERTIES } from '../../src/index.ts';
import {
  bytesOf,
  decodeAll,
  decoderFor,
  faultOf,
  framed,
  text,
  topicName,
  Vectors,
  type Wire,
} from '../support/vectors.ts';

const bare = {
  kind: 'connect',
  cleanStart: false,
  keepAliveSeconds: 0,
  clientId: '',
  properties: NO_PROPERTIES,
} as const;
const vectors = new Vectors();
vectors.packet('MQTT 3.1', {
  version: 3,
  to: 'server',
  wire: [
    '10', // CONNECT
    '11', // remaining length
    '00064d5149736470', // protocol name: MQIsdp
    '03', // protocol level
    '02', // flags: clean session
    '003c', // keep alive: 60 s
    '0003646576', // client id: dev
  ],
  packet: { ...bare, version: 3, cleanStart: true, keepAliveSeconds: 60, clientId: 'dev' },
});
vectors.packet('all that MQTT 3.1.1 has', {
  version: 4,
  to: 'server',
  wire: [
    '10', // CONNECT
    '22', // remaining length
    '00044d515454', // protocol name: MQTT
    '04', // protocol level
    'f6', // flags: user name, password, will retain, will QoS 2, will, clean session
    'ffff', // keep alive: 65,535 s
    '0003646576', // client id: dev
    '0003772f74', // will topic: w/t
    '000200ff', // will message
    '000375c3a9', // user name: u and U+00E9
    '000300ff80', // password: any bytes
  ],
  packet: {
    ...bare,
    version: 4,
    cleanStart: true,
    keepAliveSeconds: 65_535,
    clientId: 'dev',
    will: { topic: topicName('w/t'), payload: fromHex('00ff'), qos: 2, retain: true, properties: NO_PROPERTIES },
    userName: 'u\u00e9',
    password: fromHex('00ff80'),
  },
});
for (const version of [4, 5] as const) {
  vectors.packet('as little as can be', {
    version,
    to: 'server',
    wire: [
      '10', // CONNECT
      version === 5 ? '0d' : '0c', // remaining length
      '00044d515454', // protocol name: MQTT
      `0${version}`, // protocol level
      '00', // flags: none
      '0000', // keep alive: off
      version === 5 ? '00' : '', // property length
      '0000', // client id: empty
    ],
    packet: { ...bare, version },
  });
}
vectors.packet('every property', {
  version: 5,
  to: 'server',
  wire: [
    '10', // CONNECT
    '5e', // remaining length
    '00044d515454', // protocol name: MQTT
    '05', // protocol level
    '4c', // flags: password without user name, will QoS 1, will
    '000a', // keep alive: 10 s
    '24', // property length
    '11ffffffff', // session expiry interval: never
    '1500016d', // authentication method: m
    '16000200ff', // authentication data
    '1700', // request problem information: no
    '1901', // request response information
    '22000a', // topic alias maximum: 10
    '2700100000', // maximum packet size: 1 MiB
    '210014', // receive maximum: 20
    '2600016b000176', // user property
    '0001', // client id: c
    '63',
    '23', // will property length
    '0101', // payload format indicator: UTF-8
    '020000003c', // message expiry interval: 60 s
    '03000174', // content type: t
    '08000172', // response topic: r
    '090000', // correlation data: empty
    '180000000a', // will delay interval: 10 s
    '2600016b000176', // user property
    '26000000', // user property without name and value
    '00',
    '000177', // will topic: w
    '0000', // will message: empty
    '0001ff', // password
  ],
  packet: {
    ...bare,
    version: 5,
    keepAliveSeconds: 10,
    clientId: 'c',
    properties: {
      sessionExpiryInterval: 0xffff_ffff,
      authenticationMethod: 'm',
      authenticationData: fromHex('00ff'),
      requestProblemInformation: 0,
      requestResponseInformation: 1,
      topicAliasMaximum: 10,
      maximumPacketSize: 1_048_576,
      receiveMaximum: 20,
      userProperties: [['k', 'v']],
    },
    will: {
      topic: topicName('w'),
      payload: fromHex(''),
      qos: 1,
      retain: false,
      properties: {
        payloadFormatIndicator: 1,
        messageExpiryInterval: 60,
        contentType: 't',
        responseTopic: 'r',
        correlationData: fromHex(''),
        willDelayInterval: 10,
        userProperties: [
          ['k', 'v'],
          ['', ''],
        ],
      },
    },
    password: fromHex('ff'),
  },
});

/** A CONNECT from its level on. */
const name = text('MQTT');
const mqtt = (...fields: readonly string[]): Wire => framed('10', name, ...fields);
const before = { to: 'server', first: true } as const;
const silent = { ...before, reason: undefined } as const;
const clientId = text('c');

for (const [what, wire] of [
  ['another name', framed('10', text('MQTt'), '04', '00', '0000', clientId)],
  ['a name that is cut', framed('10', '0004', '4d51')],
  ['no level', framed('10', name)],
  ['an HTTP request', ['474554202f20485454502f312e31']],
] as const) {
  const fault = what === 'an HTTP request' ? 'first-packet' : 'protocol-name';
  vectors.malformed(what, { ...silent, version: 4, wire, fault });
}
for (const [level, version] of [
  ['00', 5],
  ['06', 5],
  ['84', 5],
  ['03', 4],
] as const) {
  const wire = mqtt(level, '00', '0000', clientId);
  vectors.malformed(`level 0x${level}`, { ...before, version, wire, fault: 'protocol-version', reason: 0x84 });
}
for (const version of [4, 5] as const) {
  const level = `0${version}`;
  const none = version === 5 ? '00' : '';
  const flagged = (flags: string, ...payload: readonly string[]): Wire => mqtt(level, flags, '0000', none, ...payload);
  const flags = { ...silent, version, fault: 'connect-flags' } as const;
  vectors.malformed('the reserved flag', { ...flags, wire: flagged('01', clientId) });
  vectors.malformed('will QoS 3', { ...flags, wire: flagged('1c', clientId, text('w'), '0000') });
  vectors.malformed('will QoS without a will', { ...flags, wire: flagged('08', clientId) });
  vectors.malformed('will retain without a will', { ...flags, wire: flagged('20', clientId) });
  vectors.malformed('header flags', {
    ...silent,
    version,
    wire: ['12', ...flagged('00', clientId).slice(1)],
    fault: 'reserved-flags',
  });
  const badId = { ...before, version, fault: 'client-id', reason: 0x85 } as const;
  vectors.malformed('no client id', { ...badId, wire: flagged('00') });
  vectors.malformed('U+0000 in the client id', { ...badId, wire: flagged('00', '0001', '00') });
  vectors.malformed('a surrogate in the client id', { ...badId, wire: flagged('00', '0003', 'eda080') });
  const badCredentials = { ...silent, version, fault: 'credentials' } as const;
  vectors.malformed('no user name', { ...badCredentials, wire: flagged('80', clientId) });
  vectors.malformed('no password', { ...badCredentials, wire: flagged('c0', clientId, text('u')) });
  vectors.malformed('a password that is cut', {
    ...badCredentials,
    wire: flagged('c0', clientId, text('u'), '0002', 'ff'),
  });
  const malformed = { ...before, version, reason: 0x81 } as const;
  vectors.malformed('bytes after the end', {
    ...malformed,
    wire: flagged('00', clientId, '00'),
    fault: 'trailing-bytes',
  });
  vectors.malformed('no keep alive', { ...malformed, wire: mqtt(level, '00'), fault: 'truncated' });
  vectors.malformed('no will', { ...malformed, wire: flagged('04', clientId), fault: 'truncated' });
  const will = (topic: string): Wire => flagged('04', clientId, none, text(topic), '0000');
  vectors.malformed('a will topic with a wildcard', { ...malformed, wire: will('w/+'), fault: 'topic-name' });
  const noTopic = { ...before, version, fault: 'topic-missing', reason: 0x82 } as const;
  vectors.malformed('an empty will topic', { ...noTopic, wire: will('') });
  const again = mqtt(level, '00', '0000', none, clientId);
  vectors.malformed('a second one', { to: 'server', version, wire: again, fault: 'second-connect', reason: 0x82 });
  vectors.malformed('from a server', { to: 'client', version, wire: again, fault: 'packet-type', reason: 0x82 });
}
vectors.malformed('a password without a user name', {
  ...silent,
  version: 4,
  wire: mqtt('04', '40', '0000', clientId, '0000'),
  fault: 'connect-flags',
});
const five = (...rest: readonly string[]): Wire => mqtt('05', '00', '0000', ...rest);
const protocolError = { ...before, version: 5, reason: 0x82 } as const;
vectors.malformed('authentication data alone', {
  ...protocolError,
  wire: five('05', '16000200ff', clientId),
  fault: 'property-value',
});
vectors.malformed('receive maximum 0', {
  ...protocolError,
  wire: five('03', '210000', clientId),
  fault: 'property-value',
});
vectors.malformed('maximum packet size 0', {
  ...protocolError,
  wire: five('05', '2700000000', clientId),
  fault: 'property-value',
});
vectors.malformed('request problem information 2', {
  ...protocolError,
  wire: five('02', '1702', clientId),
  fault: 'property-value',
});
vectors.malformed('a will property among its own', {
  ...protocolError,
  wire: five('05', '1800000001', clientId),
  fault: 'property-not-allowed',
});
vectors.malformed('its own property in the will', {
  ...protocolError,
  wire: mqtt('05', '04', '0000', '00', clientId, '05', '1100000000', text('w'), '0000'),
  fault: 'property-not-allowed',
});

describe('CONNECT', () => {
  for (const { name: title, run } of vectors.cases) it(title, run);

  it('tells the version of a peer that is not served, where it has one to be told in', () => {
    const versionOf = (wire: Wire): unknown =>
      faultOf(() => decodeAll(decoderFor('server', 4, 'connect'), [bytesOf(wire)])).version;
    assert.equal(versionOf(mqtt('03', '00', '0000', clientId)), 3);
    assert.equal(versionOf(framed('10', text('MQIsdp'), '04', '00', '0000', clientId)), 4);
    assert.equal(versionOf(mqtt('06', '00', '0000', clientId)), undefined);
  });

  it('has bits in MQTT 3.1 that nobody reads, and strings that the flags promise in vain', () => {
    const decoded = (first: string, flags: string, ...payload: readonly string[]): ConnectPacket => {
      const wire = framed(first, text('MQIsdp'), '03', flags, '0000', ...payload);
      const [packet] = decodeAll(decoderFor('server', 3, 'connect'), [bytesOf(wire)]);
      assert.ok(packet?.kind === 'connect');
      return packet;
    };
    assert.equal(decoded('1f', '01', clientId).clientId, 'c');
    assert.equal(decoded('10', 'c0', clientId).userName, undefined);
    const named = decoded('10', 'c0', clientId, text('u'));
    assert.deepEqual([named.userName, named.password], ['u', undefined]);
  });

  it('knows its version from then on', () => {
    const decoder = decoderFor('server', 4, 'connect');
    decodeAll(decoder, [bytesOf(mqtt('05', '00', '0000', '00', clientId))]);
    assert.equal(decodeAll(decoder, [bytesOf(['e0', '02', '04', '00'])])[0]?.kind, 'disconnect');
  });
});
