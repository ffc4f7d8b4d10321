import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toHex } from '@keystile/bytes';
import { encodePacket, NO_PROPERTIES, type PublishPacket, Reason } from '../src/index.ts';
import { packetId, text, topicName } from './support/vectors.ts';

const publish: PublishPacket = {
  kind: 'publish',
  topic: topicName('t'),
  payload: new Uint8Array(0),
  qos: 0,
  retain: false,
  dup: false,
  packetId: undefined,
  properties: NO_PROPERTIES,
};

describe('encodePacket', () => {
  it('writes the remaining length in as few bytes as it takes', () => {
    for (const [remaining, header] of [
      [127, '307f'],
      [128, '308001'],
      [16_383, '30ff7f'],
      [16_384, '30808001'],
      [2_097_151, '30ffff7f'],
      [2_097_152, '3080808001'],
    ] as const) {
      const bytes = encodePacket({ ...publish, payload: new Uint8Array(remaining - 3) }, 4);
      assert.equal(toHex(bytes.subarray(0, header.length / 2)), header);
      assert.equal(bytes.length, header.length / 2 + remaining);
    }
  });

  it('writes properties of 128 bytes and more with a length of two bytes', () => {
    for (const length of [123, 124, 125, 126, 127, 200]) {
      const contentType = 'x'.repeat(length - 3);
      const bytes = encodePacket({ ...publish, properties: { contentType } }, 5);
      const size = length < 128 ? length.toString(16) : 'c801';
      assert.ok(toHex(bytes).endsWith(`${text('t')}${size}03${text(contentType)}`));
    }
  });

  it('leaves out the empty property block that it knows, and writes that of an empty object', () => {
    const puback = { kind: 'puback', packetId: packetId(1), reason: 0 } as const;
    assert.equal(toHex(encodePacket({ ...puback, properties: NO_PROPERTIES }, 5)), '40020001');
    assert.equal(toHex(encodePacket({ ...puback, properties: {} }, 5)), '400400010000');
  });

  it('refuses a value that does not fit its field, as misuse and not as a peer’s fault', () => {
    const connect = { kind: 'connect', version: 5, cleanStart: true, keepAliveSeconds: 0, clientId: 'c' } as const;
    const withProperties =
      (properties: object): (() => unknown) =>
      () =>
        encodePacket({ ...connect, properties }, 5);
    assert.throws(withProperties({ sessionExpiryInterval: 2 ** 32 }), RangeError);
    assert.throws(withProperties({ receiveMaximum: 65_536 }), RangeError);
    assert.throws(withProperties({ receiveMaximum: 1.5 }), RangeError);
    assert.throws(withProperties({ requestProblemInformation: 256 }), RangeError);
    assert.throws(withProperties({ authenticationMethod: 'a'.repeat(65_536) }), RangeError);
    assert.throws(withProperties({ authenticationMethod: '\u00e9'.repeat(32_768) }), RangeError);
    assert.throws(withProperties({ willDelayInterval: 1 }), RangeError);
    const subscriptionIdentifiers = [268_435_456];
    assert.throws(() => encodePacket({ ...publish, properties: { subscriptionIdentifiers } }, 5), RangeError);
  });

  it('refuses a packet that lacks what its reader demands', () => {
    const id = { packetId: packetId(1), properties: NO_PROPERTIES };
    const connect = { kind: 'connect', cleanStart: true, keepAliveSeconds: 0, clientId: 'c' } as const;
    const password = Uint8Array.of(1);
    for (const write of [
      () => encodePacket({ kind: 'subscribe', subscriptions: [], ...id }, 4),
      () => encodePacket({ kind: 'unsubscribe', filters: [], ...id }, 4),
      () => encodePacket({ kind: 'suback', codes: [], ...id }, 4),
      () => encodePacket({ kind: 'unsuback', codes: [], ...id }, 5),
      () => encodePacket({ kind: 'auth', reason: Reason.continueAuthentication, properties: NO_PROPERTIES }, 5),
      () => encodePacket({ ...connect, version: 4, password, properties: NO_PROPERTIES }, 4),
      () => encodePacket({ ...publish, properties: { subscriptionIdentifiers: [0] } }, 5),
      () => encodePacket({ ...publish, properties: { responseTopic: 'a/#' } }, 5),
      () => encodePacket({ ...connect, version: 5, properties: { receiveMaximum: 0 } }, 5),
    ]) {
      assert.throws(write, RangeError);
    }
  });

  it('refuses a text that the reader of the other side must or may refuse', () => {
    for (const contentType of ['\u0000', 'a\n', '\ud800', '\udc00\ud800', '\u007f', '\u009f', '\ufffe', '\u{1ffff}']) {
      assert.throws(() => encodePacket({ ...publish, properties: { contentType } }, 5), RangeError);
    }
  });
});
