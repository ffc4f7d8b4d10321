import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fromHex } from '@keystile/bytes';
import { NO_PROPERTIES, Reason, ReturnCode } from '../../src/index.ts';
import { bytesOf, decodeAll, decoderFor, framed, text, Vectors } from '../support/vectors.ts';

const vectors = new Vectors();
for (const version of [3, 4] as const) {
  for (const code of Object.values(ReturnCode)) {
    vectors.packet(`return code ${code}`, {
      version,
      to: 'client',
      wire: [
        '20', // CONNACK
        '02', // remaining length
        '00', // acknowledge flags: no session
        `0${code}`, // return code
      ],
      packet: { kind: 'connack', sessionPresent: false, code, properties: NO_PROPERTIES },
    });
  }
  const unknown = { fault: 'reason-code', reason: 0x82 } as const;
  vectors.malformed('return code 6', { version, to: 'client', wire: ['20', '02', '00', '06'], ...unknown });
  const long = { fault: 'trailing-bytes', reason: 0x81 } as const;
  vectors.malformed('a property length', { version, to: 'client', wire: framed('20', '00', '00', '00'), ...long });
}
vectors.packet('session present', {
  version: 4,
  to: 'client',
  wire: [
    '20', // CONNACK
    '02', // remaining length
    '01', // acknowledge flags: session present
    '00', // return code: accepted
  ],
  packet: { kind: 'connack', sessionPresent: true, code: 0, properties: NO_PROPERTIES },
});
vectors.packet('no properties', {
  version: 5,
  to: 'client',
  wire: [
    '20', // CONNACK
    '03', // remaining length
    '00', // acknowledge flags: no session
    '9f', // reason: connection rate exceeded
    '00', // property length
  ],
  packet: { kind: 'connack', sessionPresent: false, code: Reason.connectionRateExceeded, properties: NO_PROPERTIES },
});
vectors.packet('every property', {
  version: 5,
  to: 'client',
  wire: [
    '20', // CONNACK
    '47', // remaining length
    '01', // acknowledge flags: session present
    '00', // reason: success
    '44', // property length
    '1100000e10', // session expiry interval: 3,600 s
    '12000163', // assigned client identifier: c
    '13003c', // server keep alive: 60 s
    '1500016d', // authentication method: m
    '16000200ff', // authentication data
    '1a000172', // response information: r
    '1c000173', // server reference: s
    '1f000177', // reason string: w
    '22000a', // topic alias maximum: 10
    '2401', // maximum QoS: 1
    '2500', // retain available: no
    '2700100000', // maximum packet size: 1 MiB
    '210014', // receive maximum: 20
    '2801', // wildcard subscription available
    '2900', // subscription identifier available: no
    '2a01', // shared subscription available
    '2600016b000176', // user property
    '26000161000162', // another
  ],
  packet: {
    kind: 'connack',
    sessionPresent: true,
    code: Reason.success,
    properties: {
      sessionExpiryInterval: 3600,
      assignedClientIdentifier: 'c',
      serverKeepAlive: 60,
      authenticationMethod: 'm',
      authenticationData: fromHex('00ff'),
      responseInformation: 'r',
      serverReference: 's',
      reasonString: 'w',
      topicAliasMaximum: 10,
      maximumQos: 1,
      retainAvailable: 0,
      maximumPacketSize: 1_048_576,
      receiveMaximum: 20,
      wildcardSubscriptionAvailable: 1,
      subscriptionIdentifierAvailable: 0,
      sharedSubscriptionAvailable: 1,
      userProperties: [
        ['k', 'v'],
        ['a', 'b'],
      ],
    },
  },
});

const malformed = { version: 5, to: 'client' } as const;
const connack = (...properties: readonly string[]): readonly string[] => framed('20', '00', '00', ...properties);
vectors.malformed('reserved flags', {
  ...malformed,
  wire: framed('20', '02', '00', '00'),
  fault: 'reserved-flags',
  reason: 0x81,
});
vectors.malformed('session present in a refusal', {
  ...malformed,
  wire: framed('20', '01', '87', '00'),
  fault: 'session-present',
  reason: 0x82,
});
vectors.malformed('a reason of DISCONNECT', {
  ...malformed,
  wire: framed('20', '00', '8b', '00'),
  fault: 'reason-code',
  reason: 0x82,
});
vectors.malformed('no property length', { ...malformed, wire: connack(), fault: 'truncated', reason: 0x81 });
vectors.malformed('wrong flags', { ...malformed, wire: ['21', '00'], fault: 'reserved-flags', reason: 0x81 });
for (const [what, wire] of [
  ['receive maximum 0', '210000'],
  ['maximum packet size 0', '2700000000'],
  ['maximum QoS 2', '2402'],
  ['retain available 2', '2502'],
] as const) {
  const length = `0${wire.length / 2}`;
  vectors.malformed(what, { ...malformed, wire: connack(length, wire), fault: 'property-value', reason: 0x82 });
}
vectors.malformed('a will property', {
  ...malformed,
  wire: connack('05', '1800000001'),
  fault: 'property-not-allowed',
  reason: 0x82,
});
vectors.malformed('a reason string twice', {
  ...malformed,
  wire: connack('08', `1f${text('a')}`, `1f${text('b')}`),
  fault: 'property-repeated',
  reason: 0x82,
});
for (const version of [3, 4, 5] as const) {
  vectors.malformed('from a client', { version, to: 'server', wire: ['20', '00'], fault: 'packet-type', reason: 0x82 });
}

describe('CONNACK', () => {
  for (const { name, run } of vectors.cases) it(name, run);

  it('has a byte in MQTT 3.1 whose bits mean nothing', () => {
    const [packet] = decodeAll(decoderFor('client', 3, 'connack'), [bytesOf(['20', '02', 'ff', '00'])]);
    assert.deepEqual(packet, { kind: 'connack', sessionPresent: false, code: 0, properties: {} });
  });
});
