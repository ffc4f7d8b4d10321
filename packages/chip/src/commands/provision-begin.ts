import { createHash } from 'node:crypto';
import { provisionEvidence } from '@keystile/cose';
import { type commands, factoryKeySlotNames } from '@keystile/link';
import { checkP256Key } from '../objects/check-object.ts';
import { ProvisioningSession } from '../objects/provisioning-session.ts';
import type { Part } from '../part.ts';
import type { CommandHandler } from './handler.ts';

export const provisionBegin: CommandHandler<typeof commands.provisionBegin> = {
  handle: async (part, { lineNonce, linePublicKey }) => {
    checkP256Key('line public key', linePublicKey);
    const session = new ProvisioningSession(lineNonce.slice(), linePublicKey.slice());
    // Before the signature: a reset that comes while it is made ends the session too.
    part.provisioning = session;
    const { serial, model, lifeCycle } = part.memory.state;
    const evidence = await part.signer.statement(provisionEvidence, {
      serial,
      model,
      lineNonce: session.lineNonce,
      lifeCycle: lifeCycle === 'blank' ? 'blank' : 'provisioned',
      keys: attestedKeys(part),
    });
    return { evidence };
  },
};

/** Keys come into a part by GENERATE only, so that each was made inside. */
function attestedKeys({ memory }: Part): ReturnType<typeof provisionEvidence.decode>['keys'] {
  return factoryKeySlotNames.flatMap((slot) => {
    const key = memory.state.keys.get(slot);
    if (key === undefined) return [];
    const publicKeyDigest = new Uint8Array(createHash('sha256').update(key.publicKey).digest());
    return [{ slot, purpose: 'tls-client' as const, origin: 'generated-inside' as const, publicKeyDigest }];
  });
}
