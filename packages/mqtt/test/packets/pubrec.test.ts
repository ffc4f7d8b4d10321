import { describe, it } from 'node:test';
import { Reason } from '../../src/index.ts';
import { acknowledgementCases } from '../support/acknowledgements.ts';

const cases = acknowledgementCases({
  kind: 'pubrec',
  first: '50',
  wrongFirst: '58',
  wrongFirstReason: 0x81,
  failure: Reason.quotaExceeded,
  foreign: '92',
});

describe('PUBREC', () => {
  for (const { name, run } of cases) it(name, run);
});
