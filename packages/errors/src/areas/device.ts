import type { ErrorEntry } from '../entry.ts';

/** Errors of the device SDK. */
export const deviceErrors = {
  'KS-D100': {
    fault: 'environment',
    title: 'the network connection failed',
    cause: 'The TCP connection to the server could not be made or was lost.',
    fix: 'Check host, port and network.',
  },
} as const satisfies Record<string, ErrorEntry>;
