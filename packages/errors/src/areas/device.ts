import type { ErrorEntry } from '../entry.ts';

/** Errors of the device SDK. */
export const deviceErrors = {
  'KS-D100': {
    fault: 'environment',
    title: 'the network connection failed',
    cause: 'The TCP connection to the server could not be made or was lost.',
    fix: 'Check host, port and network.',
  },
  'KS-D101': {
    fault: 'peer-misbehaved',
    title: 'the server ended the connection without closing TLS',
    cause: 'The TCP connection ended without a close_notify: what was received may be cut short.',
    fix: 'Look at the log of the server; a broker that refuses a client says why there.',
  },
  'KS-D102': {
    fault: 'peer-incompatible',
    title: 'the server ended the connection during the handshake',
    cause: 'The server closed before TLS was established, without an alert that says why.',
    fix: 'Check that the port speaks TLS, and look at the log of the server for a refused certificate.',
  },
  'KS-D103': {
    fault: 'misuse',
    title: 'firmware cannot be measured',
    cause:
      'A firmware image or folder is missing, holds something that is neither a file nor a folder, or is larger than the part measures.',
    fix: 'Leave only the files of the first stage in the folder.',
  },
  'KS-D104': {
    fault: 'environment',
    title: 'the connection was not made in time',
    cause: 'TCP or the TLS handshake did not finish within the time limit.',
    fix: 'Check the network and the server; raise the limit only for a very slow bus.',
  },
  'KS-D105': {
    fault: 'misuse',
    title: 'not an HTTPS address',
    cause: 'A request through the part is a TLS connection by its nature; the address asks for another protocol.',
    fix: 'Use an https:// address, or send what needs no protection without the part.',
  },
  'KS-D120': {
    fault: 'peer-misbehaved',
    title: 'another part is on the bus',
    cause: 'The part that answers proves another pairing key than the one that this host was paired with.',
    fix: 'Put the part back that belongs to this host, or have the administrator pair the new one with it.',
  },
  'KS-D121': {
    fault: 'environment',
    title: 'pairing of the host cannot be used',
    cause: 'The file with the key that pairs this host with its part is missing, damaged or cannot be written.',
    fix: 'Put the file back from a backup; without it the part needs a command of the administrator to take a new host. A home that was made before parts were paired has none: keystile reset, then keystile up.',
  },
  'KS-D122': {
    fault: 'environment',
    title: 'others can read the pairing of the host',
    cause: 'Whoever can read the file can use the part as this host does.',
    fix: 'Give it mode 0600.',
  },
  'KS-D123': {
    fault: 'misuse',
    title: 'the host has no key to pair with',
    cause: 'A part is paired with a host key, and none was given when the part was opened.',
    fix: 'Give openPart a pairing, for example HostPairing.create().',
  },
} as const satisfies Record<string, ErrorEntry>;
