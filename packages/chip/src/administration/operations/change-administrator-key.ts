import { equalPublicBytes, toHex } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { administratorKeysFields, encodeField } from '@keystile/link';
import { keyDigest, storedList } from '../../objects/check-object.ts';
import { withObject } from './objects.ts';
import type { OperationRules } from './operation.ts';

/**
 * The key to which the part was committed takes the place of the current one and commits to its own successor. The
 * current key has no say in it, so that a thief of it cannot keep the fleet.
 */
export const changeAdministratorKey: OperationRules<'change-administrator-key'> = {
  effects: ['at-once'],
  target: 'part',
  needsNonce: true,
  signedBy: 'next',
  endsSessions: false,
  apply: (state, { publicKey, nextDigest }) => {
    const revealed = keyDigest(publicKey);
    const before = storedList(state, 'administrator-keys', administratorKeysFields);
    const isReplaced = (each: (typeof before)[number]): boolean => equalPublicBytes(each.nextDigest, revealed);
    if (!before.some(isReplaced)) throw new KeystileError('KS-C210', 'no administrator was committed to this key');
    // A key that was replaced is one that somebody else may hold.
    const known = before.flatMap((each) => [keyDigest(each.publicKey), each.nextDigest]);
    if (known.some((each) => equalPublicBytes(each, nextDigest))) {
      throw new KeystileError('KS-C208', 'the successor is a key that the part knows already');
    }
    const after = before.map((each) => (isReplaced(each) ? { publicKey, nextDigest } : each));
    const changed = withObject(state, 'administrator-keys', encodeField(administratorKeysFields, after));
    return { ...changed, administration: { ...changed.administration, sequences: heldBy(changed, after) } };
  },
  describe: ({ publicKey, nextDigest }) =>
    `makes ${toHex(keyDigest(publicKey))} the administrator's key, with ${toHex(nextDigest)} to follow it`,
};

/** A key that is no administrator's any more needs no count. */
function heldBy(
  { administration }: Parameters<typeof changeAdministratorKey.apply>[0],
  administrators: readonly { readonly publicKey: Uint8Array }[],
): typeof administration.sequences {
  return administration.sequences.filter((sequence) =>
    administrators.some(({ publicKey }) => equalPublicBytes(keyDigest(publicKey), sequence.keyDigest)),
  );
}
