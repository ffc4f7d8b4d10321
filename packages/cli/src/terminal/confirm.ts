/** A question before something is gone for ever: answered on a terminal, or beforehand with --yes. */
import { createInterface } from 'node:readline/promises';
import { KeystileError } from '@keystile/errors';

export interface Confirmation {
  /** --yes */
  readonly yes: boolean;
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

/** Throws KS-U120 for any answer but y or yes, and when there is nobody to ask. */
export async function confirm(question: string, { yes, input, output }: Confirmation): Promise<void> {
  if (yes) return;
  if (input.isTTY !== true) {
    throw new KeystileError('KS-U120', 'there is no terminal to ask on; --yes says yes beforehand');
  }
  const lines = createInterface({ input, output });
  try {
    const answer = await lines.question(`${question} [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new KeystileError('KS-U120', 'nothing was changed');
  } finally {
    lines.close();
  }
}
