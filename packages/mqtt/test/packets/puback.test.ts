import { describe, it } from 'node:test';
import { Reason } from '../../src/index.ts';
import { acknowledgementCases } from '../support/acknowledgements.ts';

const cases = acknowledgementCases({
  kind: 'puback',
  first: '40',
  wrongFirst: '42',
  wrongFirstReason: 0x81,
  failure: Reason.unspecifiedError,
  foreign: '92',
});

describe('PUBACK', () => {
  for (const { name, run } of cases) it(name, run);
});
