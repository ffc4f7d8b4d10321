import { choice, record, text, type ValueOf } from '../fields.ts';

/** Who the device is to be: the part builds its CSR from this object and nothing else. */
export const identityFields = record({
  fleet: text(64),
  role: choice(['device']),
  id: text(64),
});

export type PartIdentity = ValueOf<typeof identityFields>;
