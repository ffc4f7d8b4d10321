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
  'KS-L110': {
    fault: 'environment',
    title: 'the pairing channel is broken',
    cause:
      'The part answered a sealed request in clear: it was started anew, a frame was altered on the bus, or somebody else answers.',
    fix: 'Nothing, if it happens once: the next command makes a new channel. It is not known whether this one was carried out. Inspect the bus when it happens again.',
  },
  'KS-L111': {
    fault: 'peer-misbehaved',
    title: 'frame from the part was altered',
    cause: 'A sealed frame does not open: it was altered, repeated or put elsewhere on the bus.',
    fix: 'Inspect the bus. The next command makes a new channel; it is not known whether this one was carried out.',
  },
  'KS-L112': {
    fault: 'peer-misbehaved',
    title: 'frame to the part was altered',
    cause:
      'A sealed frame does not open: it was altered, repeated or put elsewhere on the bus. The part has carried nothing out.',
    fix: 'Inspect the bus. The host makes a new channel with its next command.',
  },
  'KS-L113': {
    fault: 'environment',
    title: 'no channel is open on this link',
    cause:
      'The host sent a sealed frame, and the part has no channel: it was started anew, or the channel was closed by an altered frame.',
    fix: 'Begin a new exchange with PAIR_BEGIN. The host half of keystile does so with its next command.',
  },
  'KS-L114': {
    fault: 'environment',
    title: 'frames of the channel are used up',
    cause: 'A channel seals 16,777,216 frames in each direction; a host makes a new one at half of them.',
    fix: 'Begin a new exchange with PAIR_BEGIN. The host half of keystile does so with its next command.',
  },
  'KS-L115': {
    fault: 'peer-misbehaved',
    title: 'the part could not prove its pairing key',
    cause:
      'In the exchange that begins a channel, the confirmation of the part is wrong: something between host and part answers in its place.',
    fix: 'Inspect the bus between host and part.',
  },
  'KS-L116': {
    fault: 'peer-misbehaved',
    title: 'public key of the exchange is not usable',
    cause: 'An X25519 public key of small order would make a secret that everybody knows (RFC 7748 section 6.1).',
    fix: 'Inspect the bus between host and part: no honest side sends such a key.',
  },
  'KS-L120': {
    fault: 'environment',
    title: 'no way to reach an SPI or I2C device',
    cause: 'The buses of Linux need one system call that Node does not have; the optional package koffi makes it.',
    fix: 'Install it beside Keystile: npm install koffi. It carries binaries for x64, arm64, arm and riscv64.',
  },
  'KS-L121': {
    fault: 'environment',
    title: 'bus device cannot be opened',
    cause: 'The device file is missing, or this user may not read and write it.',
    fix: 'Enable the bus in the device tree, check the path, and put the user into the group that owns the device (spi, i2c).',
  },
  'KS-L122': {
    fault: 'environment',
    title: 'not a bus device of this kind',
    cause:
      'The kernel refused the mode, the clock or the address: the file is not an SPI or I2C device, or another driver holds the address.',
    fix: 'Use /dev/spidevB.C with spi:… and /dev/i2c-N with i2c:…; unbind the driver that holds the address.',
  },
  'KS-L123': {
    fault: 'misuse',
    title: 'I2C address not valid',
    cause: 'A part on I2C needs a seven-bit address outside the reserved ranges.',
    fix: "Give an address from 0x08 to 0x77; the part's documentation or i2cdetect says which.",
  },
  'KS-L124': {
    fault: 'environment',
    title: 'bus transaction failed',
    cause: 'The controller reported a fault while bytes crossed the bus.',
    fix: 'Check wiring, pull-ups and clock; dmesg has what the driver of the controller says.',
  },
  'KS-L130': {
    fault: 'misuse',
    title: 'bus faults are not valid',
    cause: 'The faults of a virtual bus are a seed and a rate from 0 to 1 for each kind, and these are not.',
    fix: 'Write for example seed=7,flip=0.01,drop=0.001,stall=0.01,duplicate=0.01; together at most 1.',
  },
} as const satisfies Record<string, ErrorEntry>;
