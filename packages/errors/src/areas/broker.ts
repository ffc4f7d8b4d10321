import type { ErrorEntry } from '../entry.ts';

/** Errors and refusals of the broker. */
export const brokerErrors = {
  'KS-B100': {
    fault: 'misuse',
    title: 'configuration is not valid',
    cause: 'The broker configuration has an unknown key or a value outside its limits.',
    fix: 'Correct the key that the message names.',
  },
} as const satisfies Record<string, ErrorEntry>;
