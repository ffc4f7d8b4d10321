import type { ErrorEntry } from '../entry.ts';

/** Errors of the authority: its state, the factory line, time, releases and the console. */
export const authorityErrors = {
  'KS-A100': {
    fault: 'misuse',
    title: 'authority state is incomplete',
    cause: 'A file that the authority needs is missing or half-written.',
    fix: 'Restore it from a backup, or start anew with keystile reset.',
  },
  'KS-A101': {
    fault: 'environment',
    title: 'key file is open to others',
    cause: 'A private key file, or the folder around it, can be read or written by users other than its owner.',
    fix: 'Run chmod 600 on the key file and chmod 700 on its folder, then find out who could read it and consider the key stolen.',
  },
  'KS-A102': {
    fault: 'misuse',
    title: 'authority state exists already',
    cause: 'A fleet was to be created where one already is, or where other files lie.',
    fix: 'Open the existing fleet, choose another folder, or remove the state with keystile reset.',
  },
  'KS-A103': {
    fault: 'misuse',
    title: 'name not valid in an identity',
    cause:
      'A fleet, role or id has characters outside a-z, 0-9 and -, or is empty or longer than 63. Wildcards and separators are never allowed in an identity.',
    fix: 'Choose a name of 1 to 63 lower-case letters, digits and hyphens that begins and ends with a letter or digit.',
  },
  'KS-A104': {
    fault: 'misuse',
    title: 'authority state is damaged',
    cause:
      'A file of the authority is there but is not what it should be: it does not parse, or a certificate does not hold the key beside it.',
    fix: 'Restore the named file from a backup, or start anew with keystile reset.',
  },
  'KS-A105': {
    fault: 'environment',
    title: 'authority state cannot be written or read',
    cause: 'The operating system refused to create, write or read a file of the authority.',
    fix: 'Check owner, mode and free space of the folder that the message names.',
  },
  'KS-A110': {
    fault: 'misuse',
    title: 'part in the wrong life cycle',
    cause:
      "The step needs the part in another life-cycle state: the maker's step an unmade part, provisioning a blank one.",
    fix: 'Take a part that has not been through this step. Life cycle only moves forward.',
  },
  'KS-A111': {
    fault: 'misuse',
    title: 'part of another model',
    cause: 'The part on the line is not of the model that this line provisions.',
    fix: 'Sort the part out, or start a line for its model.',
  },
  'KS-A112': {
    fault: 'part',
    title: 'serial number already in the registry',
    cause:
      'A part with this serial number was made or provisioned before. Two parts with one serial number mean that one of them is a copy.',
    fix: 'Set the part aside and find out where it comes from.',
  },
  'KS-A113': {
    fault: 'part',
    title: 'public key already in the registry',
    cause:
      'Another part holds the same public key: the key was copied, or both parts have a broken random number generator.',
    fix: 'Set both parts aside. Do not ship either.',
  },
  'KS-A114': {
    fault: 'part',
    title: 'provisioning evidence is wrong',
    cause:
      'The evidence of the part does not verify under the maker CA, or is about another part, nonce, model or life cycle.',
    fix: 'Set the part aside: it was not made by this maker, or somebody sits between the line and the part.',
  },
  'KS-A115': {
    fault: 'part',
    title: 'certificate request holds another key than the evidence',
    cause: 'The key in the certificate request is not the one that the part attested for this slot.',
    fix: 'Set the part aside: somebody sits between the line and the part, or its firmware is at fault.',
  },
  'KS-A116': {
    fault: 'part',
    title: 'key was not made inside the part',
    cause:
      'The certificate request holds a key that the part did not attest at all, or attests as imported: it was made in software.',
    fix: 'Set the part aside. No certificate is ever issued for a key that was outside a part.',
  },
  'KS-A117': {
    fault: 'part',
    title: 'certificate request is not valid',
    cause:
      'The certificate request does not parse, its signature does not verify, its key is not P-256, or its names are not those of this device.',
    fix: 'Set the part aside: its firmware is at fault, or somebody changed the request.',
  },
  'KS-A118': {
    fault: 'part',
    title: 'object reads back other than it was written',
    cause: 'What the part holds is not what the line wrote.',
    fix: 'Set the part aside: its memory is at fault, or somebody sits between the line and the part.',
  },
  'KS-A119': {
    fault: 'part',
    title: 'digest of the contents differs',
    cause:
      "The part's digest over everything that was written is not the digest that the line computed, so the part was not locked.",
    fix: 'Set the part aside: its memory is at fault, or somebody wrote something else in between.',
  },
  'KS-A120': {
    fault: 'part',
    title: 'lock evidence is wrong',
    cause: 'After the lock the part did not prove, under the maker CA, that it is locked over the right contents.',
    fix: 'Set the part aside and revoke the certificates that were issued for it.',
  },
  'KS-A121': {
    fault: 'misuse',
    title: 'serial number or model not valid',
    cause: 'A serial number or model is empty, too long or has characters other than letters, digits, dot and hyphen.',
    fix: 'Use 1 to 64 letters, digits, dots and hyphens; a serial number needs 6 at least.',
  },
  'KS-A122': {
    fault: 'part',
    title: 'object cannot be written to the part',
    cause: 'An object of the provisioning contents is larger than the part accepts.',
    fix: 'Shorten it: fewer roots, policies or server names.',
  },
  'KS-A130': {
    fault: 'environment',
    title: 'port is in use',
    cause: 'Another program listens on the port of the console.',
    fix: 'End the other program, or choose another port with --console-port (0 takes a free one).',
  },
  'KS-A131': {
    fault: 'misuse',
    title: 'sign-in link is not valid',
    cause: 'The one-time link has been used, is older than ten minutes, or was never given out.',
    fix: 'Ask for a new one on the machine where Keystile runs: keystile console link.',
  },
  'KS-A132': {
    fault: 'misuse',
    title: 'not signed in',
    cause: 'The request carries no valid console session: it ended, or was idle for half an hour.',
    fix: 'Sign in with a new link: keystile console link.',
  },
  'KS-A133': {
    fault: 'misuse',
    title: 'request from elsewhere',
    cause:
      "The request does not come from the console's own page: its Origin or the X-Keystile-Console header is missing or wrong.",
    fix: 'Use the page at the address that Keystile printed. A program needs a certificate, not the console.',
  },
  'KS-A134': {
    fault: 'misuse',
    title: 'too many requests',
    cause: 'More requests came from one address than the console answers in a minute.',
    fix: 'Wait a minute.',
  },
  'KS-A135': {
    fault: 'environment',
    title: 'path of the control socket is too long',
    cause: 'The path of a Unix socket may have 107 bytes at most, and the one below the home folder has more.',
    fix: 'Choose a home folder with a shorter path (--home or KEYSTILE_HOME).',
  },
  'KS-A136': {
    fault: 'misuse',
    title: 'nothing at this address',
    cause: 'The console has no page or service at the address that was asked for.',
    fix: 'Open the address that Keystile printed.',
  },
  'KS-A137': {
    fault: 'environment',
    title: 'the console cannot listen',
    cause:
      'The operating system refused the address or port of the console, for another reason than that it is in use.',
    fix: 'Ports below 1024 need a privilege; choose another with --console-port.',
  },
  'KS-A138': {
    fault: 'misuse',
    title: 'request to the console not valid',
    cause: 'The body, type or length of the request is not what the console accepts.',
    fix: 'Reload the page. If it repeats, page and server are of different versions.',
  },
  'KS-A139': {
    fault: 'environment',
    title: 'internal fault of the console',
    cause: 'A request failed inside the authority for a reason that its design excludes.',
    fix: 'Report it with the log of the authority.',
  },
  'KS-A140': {
    fault: 'misuse',
    title: 'no time for an unknown part',
    cause:
      'A time token was asked for a serial number that is not in the registry, or by a device that is not that part.',
    fix: 'Provision the part with this authority.',
  },
  'KS-A141': {
    fault: 'peer-misbehaved',
    title: 'time request not valid',
    cause: 'A time request is not JSON with a nonce of 16 bytes (base64url) and a serial number.',
    fix: 'Use the nonce that TIME_CHALLENGE of the part returned, unchanged.',
  },
  'KS-A142': {
    fault: 'peer-misbehaved',
    title: 'too many time requests',
    cause: 'One device asked for time tokens more often than a device that works needs to.',
    fix: 'Find out why the device restarts or asks so often; its requests are answered again within a minute.',
  },
  'KS-A143': {
    fault: 'environment',
    title: 'the authority cannot reach the broker',
    cause: 'The connection of the time service to the broker could not be made, or was refused.',
    fix: "Check that the broker runs and that its client anchors hold this fleet's CAs. The service keeps trying.",
  },
  'KS-A150': {
    fault: 'misuse',
    title: 'release not valid',
    cause:
      'A release has no image, no version, a model that is not valid, or is larger than a part can measure (256 KiB for firmware and configuration together).',
    fix: 'Correct what the message names. Versions are whole numbers from 1 on and only grow.',
  },
  'KS-A151': {
    fault: 'misuse',
    title: 'images are not those of their manifests',
    cause:
      'A manifest was signed for other bytes, or the two manifests are for different models; a part would refuse to boot them.',
    fix: 'Sign what shall run: keystile boot sign with the same firmware and configuration.',
  },
} as const satisfies Record<string, ErrorEntry>;
