import type { ErrorEntry } from '../entry.ts';

/** Errors of the command line and its environment. */
export const commandErrors = {
  'KS-U100': {
    fault: 'misuse',
    title: 'wrong usage',
    cause: 'The command line has an unknown option or lacks an argument.',
    fix: 'See keystile --help.',
  },
  'KS-U101': {
    fault: 'misuse',
    title: 'no such error code',
    cause: 'The catalogue has no entry for the code that was asked for.',
    fix: 'List all codes with keystile explain --all.',
  },
  'KS-U110': {
    fault: 'environment',
    title: 'another instance is running',
    cause:
      'The lock file of this home names a process that is alive: two instances on one home would share keys, a part and its memory.',
    fix: 'Stop the running instance (Ctrl-C in its terminal), or give this one a home of its own with --home.',
  },
  'KS-U111': {
    fault: 'environment',
    title: 'state is half-written',
    cause:
      'The home holds files but not the record that is written last, so an earlier first start was cut off. Nobody can tell which of its keys and certificates are complete.',
    fix: 'Look at what is there and remove it with keystile reset, then start again.',
  },
  'KS-U112': {
    fault: 'environment',
    title: 'port is busy',
    cause: 'Another program listens on a port that Keystile wants.',
    fix: 'Stop that program, or choose another port with the flag that the message names (0 takes any free one).',
  },
  'KS-U113': {
    fault: 'environment',
    title: 'others can read the keys',
    cause: 'A folder or key file of the home has permissions for the group or for others.',
    fix: 'Find out who could have read it. If nobody did, take the permissions away with chmod as the message says; else start anew with keystile reset.',
  },
  'KS-U114': {
    fault: 'misuse',
    title: 'not a Keystile home',
    cause: 'The folder holds something that Keystile did not put there, so nothing in it is removed or written.',
    fix: 'Name the right folder with --home, or move what does not belong there.',
  },
  'KS-U115': {
    fault: 'environment',
    title: 'no state yet',
    cause: 'The home does not exist or is empty, so there are no certificates or keys to use.',
    fix: 'Make it with keystile up (or npm start), or name another home with --home.',
  },
  'KS-U116': {
    fault: 'environment',
    title: 'nothing is running',
    cause: 'The command needs the running system, and no instance runs on this home.',
    fix: 'Start it with keystile up (or npm start) and repeat the command in another terminal.',
  },
  'KS-U117': {
    fault: 'environment',
    title: 'a program of the system ended',
    cause: 'One of the programs that keystile up started ended by itself, so that all of them were stopped.',
    fix: 'Read what it said: the message repeats its last words.',
  },
  'KS-U118': {
    fault: 'environment',
    title: 'a program of the system did not get ready',
    cause: 'One of the programs that keystile up started did not report that it is ready within the time limit.',
    fix: 'Read what it said on the terminal; on a machine that is very busy, try again.',
  },
  'KS-U119': {
    fault: 'environment',
    title: 'path of the home is too long',
    cause:
      'The sockets of the secure IC lie in the home, and the path of a Unix socket must be shorter than 108 bytes.',
    fix: 'Choose a home with a shorter path with --home or KEYSTILE_HOME.',
  },
  'KS-U120': {
    fault: 'misuse',
    title: 'not confirmed',
    cause: 'The command removes or destroys something for ever, and nobody confirmed it.',
    fix: 'Answer yes on a terminal, or add --yes in a script.',
  },
  'KS-U121': {
    fault: 'environment',
    title: 'the scenario did not finish',
    cause: 'The device did not report what the scenario waited for within the time limit.',
    fix: 'Run it without --json to see what each program says.',
  },
  'KS-U122': {
    fault: 'environment',
    title: 'a file or folder cannot be used',
    cause: 'A file or folder, of the home or named on the command line, cannot be made, read or written.',
    fix: 'Check owner, permissions and free space of the path in the message.',
  },
  'KS-U123': {
    fault: 'environment',
    title: 'no MQTT connection',
    cause: 'The connection to the broker failed, was refused or broke.',
    fix: 'Check host, port, --cafile, --cert and --key; the broker logs why it refused a client.',
  },
  'KS-U124': {
    fault: 'environment',
    title: 'state of another version',
    cause: 'The record of the home has a format or a field that this version does not know.',
    fix: 'Use the version of Keystile that made it, or start anew with keystile reset.',
  },
  'KS-U125': {
    fault: 'environment',
    title: 'the broker refused the request',
    cause:
      'The broker answered a publication or subscription with a reason code of failure: most often the topic rules do not allow it to this identity.',
    fix: 'Use a topic that the identity may use, or connect with another certificate.',
  },
  'KS-U126': {
    fault: 'environment',
    title: 'nothing came in time',
    cause: 'The time given with -W passed before the messages that were waited for had come.',
    fix: 'Check the topic filter, or wait longer.',
  },
  'KS-U127': {
    fault: 'misuse',
    title: 'not a question about rules',
    cause:
      'The identity is not urn:keystile:<fleet>:<role>:<id>, or the topic is not one: a filter where a topic belongs, or an empty level of $share.',
    fix: 'Write for example: keystile rules explain urn:keystile:home:device:ac-1 publish ac/ac-1/state.',
  },
  'KS-U130': {
    fault: 'environment',
    title: 'the virtual part ended',
    cause:
      'The process of the part ended of itself: its power was cut at the write that was asked for, or it was killed.',
    fix: 'Start it again with the same paths: what it had answered is kept.',
  },
  'KS-U201': {
    fault: 'misuse',
    title: 'no such setting',
    cause: 'The last level of a set topic names something that the air conditioner cannot set.',
    fix: 'Publish to ac/<id>/set/set-point, mode, fan or swing.',
  },
  'KS-U202': {
    fault: 'misuse',
    title: 'set point not valid',
    cause: 'The set point is not a plain decimal number from 16 to 30 in steps of 0.5.',
    fix: 'Publish for example 21.5, without a unit.',
  },
  'KS-U203': {
    fault: 'misuse',
    title: 'choice not valid',
    cause: 'The value is none of the words that the setting knows; upper and lower case matter.',
    fix: 'Publish one of the words that the message lists.',
  },
  'KS-U204': {
    fault: 'environment',
    title: 'configuration of the air conditioner not valid',
    cause: 'The configuration file is missing, is no JSON, or has an unknown or wrong field.',
    fix: 'Correct the field that the message names and have the configuration signed again.',
  },
  'KS-U205': {
    fault: 'environment',
    title: 'no trusted time',
    cause:
      'The authority did not answer a time request of the device. The device works on with the time that its part has.',
    fix: "Check that the authority runs, is connected to the broker and knows the part's serial number.",
  },
  'KS-U900': {
    fault: 'environment',
    title: 'no Node 24 for this machine',
    cause: 'The Node that runs is older than 24, and there is none in node_modules for this platform.',
    fix: 'Install Node 24 or later, or on Linux (x64, arm64) run npm ci, which brings a Node 24 of its own.',
  },
  'KS-U901': {
    fault: 'environment',
    title: 'installation failed',
    cause:
      'The packages that the lock file names could not be installed by npm: no registry in reach, no space on the disk, or no right to write to it.',
    fix: 'Check that this machine reaches the npm registry, then run npm ci --loglevel=error and read what it says.',
  },
} as const satisfies Record<string, ErrorEntry>;
