import { describe, it } from 'node:test';
import { Reason } from '../../src/index.ts';
import { acknowledgementCases } from '../support/acknowledgements.ts';

const cases = acknowledgementCases({
  kind: 'pubcomp',
  first: '70',
  wrongFirst: '72',
  wrongFirstReason: 0x81,
  failure: Reason.packetIdentifierNotFound,
  foreign: '10',
});

describe('PUBCOMP', () => {
  for (const { name, run } of cases) it(name, run);
});
