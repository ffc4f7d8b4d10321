import { commands } from '@keystile/link';
import type { Part } from './part.ts';

export interface TimeSource {
  /** Fetches a time token over the part's nonce. Who carries it does not matter: the part checks the signature. */
  request(nonce: Uint8Array): Promise<Uint8Array>;
}

/** Gives the part fresh time. Its floor only moves forward. */
export async function refreshTime(part: Part, source: TimeSource): Promise<{ readonly nowMs: number }> {
  const { nonce } = await part.call(commands.timeChallenge, {});
  const token = await source.request(nonce.slice());
  return await part.call(commands.timeToken, { token });
}
