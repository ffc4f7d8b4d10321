import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fromHex } from '@keystile/bytes';
import { type AuthPacket, encodePacket, NO_PROPERTIES, Reason } from '../../src/index.ts';
import { framed, text, Vectors } from '../support/vectors.ts';

const method = { authenticationMethod: 'm' };
const vectors = new Vectors();
vectors.packet('success, left out', {
  version: 5,
  to: 'client',
  wire: [
    'f0', // AUTH
    '00', // remaining length
  ],
  packet: { kind: 'auth', reason: Reason.success, properties: NO_PROPERTIES },
});
vectors.packet('continue, with all properties', {
  version: 5,
  to: 'both',
  wire: [
    'f0', // AUTH
    '16', // remaining length
    '18', // reason: continue authentication
    '14', // property length
    '1500016d', // authentication method: m
    '16000200ff', // authentication data
    '1f000177', // reason string: w
    '2600016b000176', // user property
  ],
  packet: {
    kind: 'auth',
    reason: Reason.continueAuthentication,
    properties: {
      ...method,
      authenticationData: fromHex('00ff'),
      reasonString: 'w',
      userProperties: [['k', 'v']],
    },
  },
});
vectors.packet('re-authenticate', {
  version: 5,
  to: 'server',
  wire: [
    'f0', // AUTH
    '06', // remaining length
    '19', // reason: re-authenticate
    '04', // property length
    '1500016d', // authentication method: m
  ],
  packet: { kind: 'auth', reason: Reason.reAuthenticate, properties: method },
});
vectors.packet('success, written out', {
  version: 5,
  to: 'client',
  wire: [
    'f0', // AUTH
    '06', // remaining length
    '00', // reason: success
    '04', // property length
    '1500016d', // authentication method: m
  ],
  packet: { kind: 'auth', reason: Reason.success, properties: method },
});

const withMethod = ['04', `15${text('m')}`] as const;
const wrongWay = { version: 5, fault: 'reason-code', reason: 0x82 } as const;
vectors.malformed('success from a client', { ...wrongWay, to: 'server', wire: framed('f0', '00', ...withMethod) });
vectors.malformed('success from a client, left out', { ...wrongWay, to: 'server', wire: ['f0', '00'] });
vectors.malformed('re-authenticate from a server', {
  ...wrongWay,
  to: 'client',
  wire: framed('f0', '19', ...withMethod),
});
vectors.malformed('a reason of others', { ...wrongWay, to: 'server', wire: framed('f0', '87', ...withMethod) });
for (const to of ['server', 'client'] as const) {
  vectors.malformed('no method', {
    version: 5,
    to,
    wire: framed('f0', '18', '05', '16000200ff'),
    fault: 'property-missing',
    reason: 0x82,
  });
  vectors.malformed('a reason alone', { version: 5, to, wire: framed('f0', '18'), fault: 'truncated', reason: 0x81 });
  vectors.malformed('flags', { version: 5, to, wire: ['f1', '00'], fault: 'reserved-flags', reason: 0x81 });
  for (const version of [3, 4] as const) {
    const unknown = { fault: 'packet-type', reason: 0x82 } as const;
    vectors.malformed('before version 5', { version, to, wire: ['f0', '00'], ...unknown });
  }
}
vectors.malformed('two methods', {
  version: 5,
  to: 'server',
  wire: framed('f0', '18', '08', `15${text('m')}`, `15${text('n')}`),
  fault: 'property-repeated',
  reason: 0x82,
});

describe('AUTH', () => {
  for (const { name, run } of vectors.cases) it(name, run);

  it('is not written where the version has none', () => {
    const auth: AuthPacket = { kind: 'auth', reason: Reason.continueAuthentication, properties: method };
    assert.throws(() => encodePacket(auth, 4), RangeError);
  });
});
