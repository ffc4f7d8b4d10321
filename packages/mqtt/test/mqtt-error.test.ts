import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MqttError, type MqttFault, type PacketKind } from '../src/index.ts';
import { PacketType } from '../src/protocol.ts';
import { isReasonOf } from '../src/reason-code.ts';

/** Every fault: the compiler holds this list complete. */
const faults: Readonly<Record<MqttFault, true>> = {
  'client-id': true,
  'connect-flags': true,
  credentials: true,
  'first-packet': true,
  'no-entries': true,
  'packet-id': true,
  'packet-too-large': true,
  'packet-type': true,
  'property-missing': true,
  'property-not-allowed': true,
  'property-repeated': true,
  'property-unknown': true,
  'property-value': true,
  'protocol-name': true,
  'protocol-version': true,
  'publish-flags': true,
  'reason-code': true,
  'remaining-length': true,
  'reserved-flags': true,
  'second-connect': true,
  'session-present': true,
  'shared-no-local': true,
  'subscription-options': true,
  'too-many': true,
  'topic-alias': true,
  'topic-filter': true,
  'topic-limit': true,
  'topic-missing': true,
  'topic-name': true,
  'trailing-bytes': true,
  truncated: true,
  utf8: true,
  'variable-integer': true,
};
/** What only a CONNECT can be guilty of. */
const ofConnect: ReadonlySet<string> = new Set(['client-id', 'protocol-version']);
/** What no CONNECT can be guilty of. */
const notOfConnect: ReadonlySet<string> = new Set(['topic-alias']);
const kinds = Object.keys(PacketType) as PacketKind[];

describe('MqttError', () => {
  it('gives a reason code that the last packet may carry, or none', () => {
    for (const fault of Object.keys(faults) as MqttFault[]) {
      for (const packet of [undefined, ...kinds]) {
        const { reasonCode } = new MqttError(fault, { packet, version: 5 }, 'detail');
        if (reasonCode === undefined) continue;
        if (packet === 'connect' && !notOfConnect.has(fault)) assert.ok(isReasonOf('connack', reasonCode), fault);
        if (packet !== 'connect' && !ofConnect.has(fault)) assert.ok(isReasonOf('disconnect', reasonCode), fault);
      }
    }
  });

  it('names the packet in its message, if there is one', () => {
    assert.equal(new MqttError('utf8', { packet: 'publish', version: 4 }, 'why').message, 'publish: why');
    assert.equal(new MqttError('packet-type', { packet: undefined, version: 4 }, 'why').message, 'packet: why');
  });
});
