import { z } from 'zod';
import { parseIdentity } from '../../admission/identity.ts';

/** What may be asked at the control socket: one JSON object a line. `docs/reference/broker-control.md` describes them. */
const identity = z
  .string()
  .refine((urn) => parseIdentity(urn) !== undefined, { message: 'is not urn:keystile:<fleet>:<role>:<id>' });
const serial = z.string().regex(/^(?:[0-9A-Fa-f]{2}:?){1,20}$/, 'is not a serial number in hexadecimal');

const byIdentity = <Op extends string>(op: Op) => z.strictObject({ op: z.literal(op), identity });
const bySerial = <Op extends string>(op: Op) => z.strictObject({ op: z.literal(op), serial });

export const controlRequest = z.union([
  z.strictObject({ op: z.literal('status') }),
  z.strictObject({ op: z.literal('reload') }),
  byIdentity('revoke'),
  bySerial('revoke'),
  byIdentity('quarantine'),
  byIdentity('unrevoke'),
  bySerial('unrevoke'),
  byIdentity('trace'),
]);

export type ControlRequest = z.infer<typeof controlRequest>;
