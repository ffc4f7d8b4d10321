import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Reason } from '../../src/index.ts';
import { acknowledgementCases } from '../support/acknowledgements.ts';
import { bytesOf, decodeAll, decoderFor, faultOf } from '../support/vectors.ts';

const cases = acknowledgementCases({
  kind: 'pubrel',
  first: '62',
  wrongFirst: '60',
  wrongFirstReason: 0x82,
  failure: Reason.packetIdentifierNotFound,
  foreign: '80',
});

describe('PUBREL', () => {
  for (const { name, run } of cases) it(name, run);
});

describe('PUBREL of MQTT 3.1', () => {
  it('may carry DUP when it is sent again, which no later version allows', () => {
    const repeated = bytesOf(['6a', '02', '1234']);
    assert.equal(decodeAll(decoderFor('server', 3, 'pubrel'), [repeated])[0]?.kind, 'pubrel');
    for (const version of [4, 5] as const) {
      assert.equal(
        faultOf(() => decodeAll(decoderFor('server', version, 'pubrel'), [repeated])).fault,
        'reserved-flags',
      );
    }
  });
});
