import type { ErrorEntry } from '../entry.ts';

/** Faults of the bus between host and secure IC. */
export const linkErrors = {
  'KS-L100': {
    fault: 'environment',
    title: 'the secure IC does not answer',
    cause: 'No reply came within the time limit, after all retransmissions.',
    fix: 'Check that the part is powered and the bus address or device is right.',
  },
  'KS-L101': {
    fault: 'part',
    title: 'the secure IC answers another protocol',
    cause: 'A frame or a response from the part does not have the form that this version of the protocol knows.',
    fix: 'Use the same version of keystile on the host and in the part.',
  },
  'KS-L102': {
    fault: 'misuse',
    title: 'bus is not valid',
    cause: 'The bus is given as a kind, a colon and a clock, and this one is not.',
    fix: 'Write for example spi:10MHz or i2c:400kHz.',
  },
  'KS-L103': {
    fault: 'environment',
    title: 'the bus cannot be opened',
    cause: 'The socket of the virtual part does not exist, is not readable by this user, or nothing listens on it.',
    fix: 'Start the part (keystile up, or keystile chip serve) as the same user, and check the path.',
  },
  'KS-L104': {
    fault: 'misuse',
    title: 'message is too long for the link',
    cause: 'A request or a response is longer than the link carries in one message.',
    fix: 'Send it in smaller pieces.',
  },
  'KS-L105': {
    fault: 'misuse',
    title: 'path of a socket is too long',
    cause: 'The operating system allows 107 bytes for the path of a Unix socket.',
    fix: 'Choose a shorter home folder.',
  },
  'KS-L106': {
    fault: 'environment',
    title: 'the bus was closed',
    cause: 'The part or the host closed the bus while a command was under way.',
    fix: 'Open the bus again; the state of the part says whether the command was carried out.',
  },
} as const satisfies Record<string, ErrorEntry>;
