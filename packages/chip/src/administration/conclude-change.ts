import { administrationResponse } from '@keystile/cose';
import type { Part } from '../part.ts';
import { destroyDeviceKeys } from '../vault/destroy-device-keys.ts';
import type { CommittedChange } from './administration.ts';

/** What follows from a change that is lasting already: a power cut before this leaves a part that has no sessions. */
export async function concludeChange(part: Part, { endsSessions, isTerminated }: CommittedChange): Promise<void> {
  if (endsSessions) part.sessions.discardAll('administration');
  if (!isTerminated) return;
  part.boot.fail();
  part.administration.nonces.forget();
  await destroyDeviceKeys(part);
}

/** What has become of the last command, by the attestation key. */
export async function signedResponse({ administration, signer }: Part): Promise<{ readonly response: Uint8Array }> {
  return { response: await signer.statement(administrationResponse, administration.response()) };
}
