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
  'KS-D130': {
    fault: 'peer-misbehaved',
    title: 'a local client has no valid secret',
    cause: 'Over TCP the agent serves clients by user name and password, and these are not in its file of secrets.',
    fix: 'Give the client the user name and the secret from that file, or let it use the Unix socket.',
  },
  'KS-D131': {
    fault: 'part',
    title: 'the part does not authenticate now',
    cause:
      'Its firmware and configuration were not verified since the last reset, it was tampered with, or a self-test failed.',
    fix: 'Boot the device with what was signed for it; keystile chip info shows the state of the part.',
  },
  'KS-D132': {
    fault: 'peer-incompatible',
    title: 'evidence needs MQTT 5',
    cause: 'Devices of this class have to show evidence of their secure IC, and MQTT 3.1.1 has no packet for it.',
    fix: 'Let the client speak MQTT 5 (mosquitto_pub -V 5); the agent adds the evidence.',
  },
  'KS-D133': {
    fault: 'peer-misbehaved',
    title: 'no MQTT at the agent',
    cause: 'What came from a local client or from the broker is not the MQTT packet that may come there.',
    fix: 'Look at the sentence: it names the packet. A client that never sent CONNECT may speak another protocol.',
  },
  'KS-D134': {
    fault: 'environment',
    title: 'the agent cannot listen',
    cause: 'The loopback port is busy or may not be used by this user.',
    fix: 'Stop the program that has it, or name another port; 0 takes any free one.',
  },
  'KS-D135': {
    fault: 'misuse',
    title: 'not a place for the agent to listen',
    cause:
      'Local clients are carried in clear, so the agent listens on a Unix socket or on the loopback address; a port is open to every user of the machine and needs a file of secrets.',
    fix: 'Write unix:PATH or tcp:PORT, the latter together with --secrets FILE.',
  },
  'KS-D136': {
    fault: 'environment',
    title: 'secrets of local clients cannot be used',
    cause: 'The file is missing, damaged, names no client, or holds a secret that is too short.',
    fix: 'Write {"format":1,"clients":{"NAME":"SECRET"}} with secrets of at least 16 random characters.',
  },
  'KS-D137': {
    fault: 'environment',
    title: 'others can read the secrets of local clients',
    cause: 'Whoever can read the file can use the agent as each of its clients.',
    fix: 'Give it mode 0600.',
  },
  'KS-D138': {
    fault: 'peer-incompatible',
    title: 'the broker does not know evidence',
    cause: 'The agent named the evidence method in CONNECT, and the broker supports no such method.',
    fix: 'Configure evidence at the broker, or start the agent with --evidence none.',
  },
  'KS-D139': {
    fault: 'environment',
    title: 'the certificate was not renewed',
    cause:
      'A renewal is due, and no new certificate came or the part did not take it. The old one serves until it expires.',
    fix: 'Read the reason behind this code; the agent tries again by itself.',
  },
  'KS-D140': {
    fault: 'environment',
    title: 'the agent takes no more clients',
    cause: 'It is ending, or as many clients as it serves at once are connected.',
    fix: 'Connect again later; end clients that are not needed.',
  },
  'KS-D141': {
    fault: 'part',
    title: 'the part ended its sessions',
    cause: 'It was reset, booted anew or tampered with while the client was connected.',
    fix: 'Connect again; if the part refuses, keystile chip info shows why.',
  },
} as const satisfies Record<string, ErrorEntry>;
