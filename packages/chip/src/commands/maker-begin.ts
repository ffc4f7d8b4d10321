import { KeystileError } from '@keystile/errors';
import type { commands } from '@keystile/link';
import type { CommandHandler } from './handler.ts';

/**
 * Sent again with the same serial number it gives the same key: a maker whose connection broke before the answer must
 * not lose the part.
 */
export const makerBegin: CommandHandler<typeof commands.makerBegin> = {
  handle: async ({ memory, vault }, { serial, model }) => {
    for (const name of [serial, model]) demandName(name);
    const { state } = memory;
    const made = state.keys.get('attestation');
    if (made !== undefined) {
      if (state.serial === serial && state.model === model) return { attestationPublicKey: made.publicKey };
      throw new KeystileError('KS-C149', `the part was made as ${state.serial}, model ${state.model}`);
    }
    const key = await vault.generate('attestation');
    memory.commit((before) => ({
      ...before,
      serial,
      model,
      keys: new Map([...before.keys, ['attestation', { ...key, place: 'attestation' }]]),
    }));
    return { attestationPublicKey: key.publicKey };
  },
};

/** What prints on a label and stands in a certificate and a file name. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

function demandName(name: string): void {
  if (!NAME.test(name)) throw new KeystileError('KS-C102', `'${name}' is no serial number or model`);
}
