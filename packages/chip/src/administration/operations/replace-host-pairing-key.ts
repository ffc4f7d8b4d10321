import { toHex } from '@keystile/bytes';
import { keyDigest } from '../../objects/check-object.ts';
import { replaceHostPairingKey as replace } from '../../pairing/replace-host-pairing-key.ts';
import { demandSound } from './objects.ts';
import type { OperationRules } from './operation.ts';

/** The part goes to another host: only whoever owns it may say so. */
export const replaceHostPairingKey: OperationRules<'replace-host-pairing-key'> = {
  effects: ['at-once'],
  target: 'part',
  needsNonce: true,
  signedBy: 'current',
  endsSessions: true,
  apply: (state, { publicKey }) => {
    demandSound(state, 'host-pairing-key', publicKey);
    return replace(state, publicKey);
  },
  describe: ({ publicKey }) => `pairs the part with the host whose key is ${toHex(keyDigest(publicKey))}`,
};
