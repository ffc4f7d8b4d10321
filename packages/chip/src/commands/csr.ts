import { KeystileError } from '@keystile/errors';
import { type commands, decodeField, identityFields } from '@keystile/link';
import { certificationRequest, certificationRequestInfo } from '@keystile/pki/path';
import { demandObject } from '../objects/public-objects.ts';
import type { CommandHandler } from './handler.ts';

export const csr: CommandHandler<typeof commands.csr> = {
  handle: async ({ memory, signer }, { slot }) => {
    const key = memory.state.keys.get(slot);
    if (key === undefined) throw new KeystileError('KS-C146', `slot ${slot} holds no key`);
    const { fleet, role, id } = decodeField(identityFields, demandObject(memory.state, 'identity'));
    const info = certificationRequestInfo({
      organization: fleet,
      commonName: id,
      spki: key.publicKey,
      uri: `urn:keystile:${fleet}:${role}:${id}`,
    });
    return { request: certificationRequest(info, await signer.certificateRequest(slot, info)) };
  },
};
