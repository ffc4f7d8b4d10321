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
} as const satisfies Record<string, ErrorEntry>;
