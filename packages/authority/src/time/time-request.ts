import { KeystileError } from '@keystile/errors';
import { z } from 'zod';

/** What a device asks on `$keystile/<id>/time/request`: the nonce of TIME_CHALLENGE and its part's serial number. */
export interface TimeRequest {
  readonly device: string;
  readonly serial: string;
  readonly nonce: Uint8Array;
}

export const TIME_REQUEST_FILTER = '$keystile/+/time/request';

/** A nonce and a serial number, with room for the JSON around them. */
const REQUEST_MAX = 512;
const NONCE_BYTES = 16;

const requestDocument = z.strictObject({
  nonce: z.base64url().transform((text) => Uint8Array.from(Buffer.from(text, 'base64url'))),
  serial: z.string().min(1).max(64),
});

export function timeAnswerTopic(device: string): string {
  return `$keystile/${device}/time`;
}

/** Throws KS-A141. The topic's id is trusted: the broker lets a device publish below its own id only. */
export function parseTimeRequest(topic: string, payload: Uint8Array): TimeRequest {
  const device = /^\$keystile\/([^/]+)\/time\/request$/.exec(topic)?.[1];
  if (device === undefined) throw new KeystileError('KS-A141', `${topic} is no topic of a time request`);
  if (payload.length > REQUEST_MAX) {
    throw new KeystileError(
      'KS-A141',
      `the request of ${device} has ${payload.length} bytes, ${REQUEST_MAX} are enough`,
    );
  }
  const parsed = requestDocument.safeParse(parseJson(payload));
  if (!parsed.success || parsed.data.nonce.length !== NONCE_BYTES) {
    throw new KeystileError('KS-A141', `the request of ${device} is no JSON document with a nonce and a serial number`);
  }
  return { device, ...parsed.data };
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    return undefined;
  }
}
