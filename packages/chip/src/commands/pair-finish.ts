import { KeystileError } from '@keystile/errors';
import { type commands, x25519Spki } from '@keystile/link';
import { storeHostPairingKey } from '../pairing/replace-host-pairing-key.ts';
import type { CommandHandler } from './handler.ts';

export const pairFinish: CommandHandler<typeof commands.pairFinish> = {
  handle: (part, request, { pairing }) => {
    const exchange = pairing.takeExchange();
    if (exchange === undefined) throw new KeystileError('KS-C174', 'PAIR_BEGIN comes before it, on the same link');
    const channel = exchange.finish(request);
    if (channel === undefined) {
      throw new KeystileError('KS-C173', 'the confirmation is not that of the host whose key began the exchange');
    }
    // The key may have been replaced since the exchange began.
    if (part.provisioning === undefined) part.pairing.demandHost(channel.hostKey);
    else storeHostPairingKey(part, x25519Spki(channel.hostKey));
    part.pairing.throttle.finished(pairing);
    pairing.open(channel);
    return {};
  },
};
