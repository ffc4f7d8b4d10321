import { equalPublicBytes } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { chainFields, type commands, encodeField } from '@keystile/link';
import { validateClientPath } from '@keystile/pki/path';
import { anchorsOf, checkChainOfKey } from '../objects/check-object.ts';
import type { Part } from '../part.ts';
import { validateInTime } from '../time/path-time.ts';
import type { CommandHandler } from './handler.ts';

export const certInstall: CommandHandler<typeof commands.certInstall> = {
  handle: (part, { slot, chain }) => {
    const { memory, renewal, pace } = part;
    // One signature for each certificate of the chain.
    for (const _ of chain) pace.spend('verify');
    if (slot !== 'ldevid-spare') {
      throw new KeystileError('KS-C220', `the certificate in slot ${slot} is replaced by way of ldevid-spare`);
    }
    const key = memory.state.keys.get(slot);
    if (key === undefined) throw new KeystileError('KS-C146', `slot ${slot} holds no key`);
    orRefused(() => checkChainOfKey('ldevid-spare-chain', key.publicKey, chain));
    orRefused(() => checkIssuer(part, chain));
    const bytes = encodeField(chainFields, chain);
    // The same again is no change: the host must not be able to wear the memory out with it.
    const installed = memory.state.objects.get('ldevid-spare-chain');
    if (installed !== undefined && equalPublicBytes(installed, bytes)) return {};
    memory.commit((before) => ({
      ...before,
      objects: new Map([...before.objects, ['ldevid-spare-chain', bytes]]),
    }));
    renewal.begin();
    return {};
  },
};

/** The host brings the certificate, so that it has to be one that the fleet's own CA has issued for clients. */
function checkIssuer({ memory, time }: Part, chain: readonly Uint8Array[]): void {
  const anchors = anchorsOf(memory.state, 'client-issuer');
  // A certificate that is dated ahead is installed; that it moves the part's time is for servers' paths alone.
  validateInTime(chain, time, (atMs) => validateClientPath({ chain, anchors, atMs }));
}

function orRefused(check: () => void): void {
  try {
    check();
  } catch (cause) {
    if (cause instanceof KeystileError && cause.code.startsWith('KS-P')) {
      throw new KeystileError('KS-C221', `${cause.detail} (${cause.code})`, { cause });
    }
    throw cause;
  }
}
