import type { ErrorEntry } from '../entry.ts';

/** Refusals of the secure IC. */
export const chipErrors = {
  'KS-C100': {
    fault: 'part',
    title: 'internal fault of the secure IC',
    cause: 'A command failed inside the part for a reason that its design excludes.',
    fix: 'Reset the part; if it happens again, read its log.',
  },
  'KS-C101': {
    fault: 'peer-incompatible',
    title: 'the part does not know this command',
    cause: 'The first byte of the request is the opcode of no command of this part.',
    fix: 'Use a host library of the same version as the part; INFO says which that is.',
  },
  'KS-C102': {
    fault: 'misuse',
    title: 'request is malformed',
    cause: 'The fields after the opcode are shorter, longer or other than the command says.',
    fix: 'Encode the request as the protocol reference says, or use a host library of the same version as the part.',
  },
  'KS-C110': {
    fault: 'misuse',
    title: 'not in this life-cycle state',
    cause:
      'The command belongs to another stage of the life of a part: unmade, blank, provisioned, operational. The way through them is one way.',
    fix: 'STATUS names the state. What is locked for operation cannot be provisioned again: take a new part.',
  },
  'KS-C111': {
    fault: 'misuse',
    title: 'no provisioning session',
    cause: 'The command is for the factory line that has opened a provisioning session since the last reset.',
    fix: 'Send PROVISION_BEGIN first, with a nonce and the public key of the line.',
  },
  'KS-C112': {
    fault: 'misuse',
    title: 'secure boot has not passed',
    cause: "The device's keys serve only a host whose firmware and configuration the part has verified since reset.",
    fix: 'Run BOOT_BEGIN, BOOT_UPDATE and BOOT_VERIFY with signed images. If the boot failed, STATUS and the answer of BOOT_VERIFY say why.',
  },
  'KS-C113': {
    fault: 'part',
    title: 'the part was tampered with',
    cause: 'A tamper event has destroyed the device keys. The part remembers it for ever, also without power.',
    fix: 'Replace the part, and have the authority revoke its certificates. Find out who had the device.',
  },
  'KS-C114': {
    fault: 'misuse',
    title: 'secure boot is not armed',
    cause:
      'Measuring starts once after the reset line was asserted, and before the first TLS session: code that runs later cannot have itself measured as something else.',
    fix: 'Assert the reset line of the part together with that of the host. The command RESET does not arm it.',
  },
  'KS-C115': {
    fault: 'misuse',
    title: 'nothing is being measured',
    cause: 'BOOT_UPDATE and BOOT_VERIFY belong between BOOT_BEGIN and the verdict.',
    fix: 'Assert the reset line and start with BOOT_BEGIN.',
  },
  'KS-C116': {
    fault: 'misuse',
    title: 'boot images are too large',
    cause: 'The part measures at most 256 KiB of first-stage firmware and configuration together.',
    fix: 'Have a smaller first stage measured by the part, and let it report the digests of later stages.',
  },
  'KS-C117': {
    fault: 'environment',
    title: 'firmware differs from its manifest',
    cause: 'The firmware image that the part measured has not the digest or length that the signed manifest states.',
    fix: 'Install the firmware of the manifest again. If nobody changed it on purpose, treat the device as compromised.',
  },
  'KS-C118': {
    fault: 'environment',
    title: 'configuration differs from its manifest',
    cause: 'The configuration that the part measured has not the digest or length that the signed manifest states.',
    fix: 'Have the changed configuration signed, or put the signed one back.',
  },
  'KS-C119': {
    fault: 'environment',
    title: 'version is older than the part accepts',
    cause:
      'A newer version has proved itself and raised the counter of the part, so that known holes cannot come back.',
    fix: 'Install a version that is not below the least one in STATUS.',
  },
  'KS-C120': {
    fault: 'peer-misbehaved',
    title: 'manifest is not signed by the boot key',
    cause: 'The manifest was changed, is of another kind, or was signed with another key than the one in the part.',
    fix: 'Sign the manifest with the boot key that was written to the part in the factory.',
  },
  'KS-C121': {
    fault: 'misuse',
    title: 'manifest is for another model',
    cause: 'The manifest is genuine and names another model than the part was made for.',
    fix: 'Install the release that was built for this model.',
  },
  'KS-C122': {
    fault: 'misuse',
    title: 'what runs has not proved itself',
    cause: 'The version counters move only after a full handshake with client authentication since the verification.',
    fix: 'Connect to the broker once under a policy with a client key, then send BOOT_COMMIT.',
  },
  'KS-C130': {
    fault: 'environment',
    title: 'memory belongs to another part',
    cause: 'The NVM folder was sealed by a part with another fuse file: it was copied or the fuse file was exchanged.',
    fix: 'Give each part its own NVM folder and its own fuse file. A part cannot be duplicated: provision a new one.',
  },
  'KS-C131': {
    fault: 'environment',
    title: 'older memory was put back',
    cause: 'The fuse file counts a later generation than the NVM folder holds: a backup was restored.',
    fix: 'Put the newest NVM folder back. If it is lost, so is the part: revoke its certificates and provision a new one.',
  },
  'KS-C132': {
    fault: 'environment',
    title: 'memory is damaged',
    cause: 'The current snapshot in the NVM folder is missing bytes or fails its authentication.',
    fix: 'Put an undamaged copy of the same generation back. If there is none, provision a new part.',
  },
  'KS-C133': {
    fault: 'environment',
    title: 'fuse file is missing',
    cause: 'The NVM folder holds a memory, and the fuse file that could open it is not there.',
    fix: 'Put the fuse file of this part back, or start a new part on an empty NVM folder.',
  },
  'KS-C134': {
    fault: 'environment',
    title: 'fuse file is damaged',
    cause: 'Neither of the two records in the fuse file is whole.',
    fix: 'Put an undamaged copy back. If there is none, provision a new part.',
  },
  'KS-C135': {
    fault: 'environment',
    title: 'another process holds this memory',
    cause: 'Two processes must never open one NVM folder or one fuse file, and another one has it open.',
    fix: 'Stop the other process, or give this one a part of its own.',
  },
  'KS-C136': {
    fault: 'environment',
    title: 'memory cannot be read or written',
    cause: 'The operating system refused an operation on the NVM folder or the fuse file.',
    fix: 'Check that the folder exists, belongs to this user and has space. The part keeps its last complete state.',
  },
  'KS-C137': {
    fault: 'environment',
    title: 'memory is open to other users',
    cause: 'The fuse file or the NVM folder may be read or written by the group or by others.',
    fix: 'Set mode 0600 on the fuse file and 0700 on the NVM folder. If others could read it, treat the part as copied.',
  },
  'KS-C138': {
    fault: 'environment',
    title: 'the virtual part did not start',
    cause: 'The process of the part ended before it was ready.',
    fix: 'The message repeats what the process said last.',
  },
  'KS-C140': {
    fault: 'misuse',
    title: 'object is not there',
    cause: 'Nothing has been written to this object, or its key has not been generated.',
    fix: 'LIST names the objects that the part holds.',
  },
  'KS-C141': {
    fault: 'misuse',
    title: 'object cannot be written',
    cause:
      'The part fills this object itself: public keys by generating them, the attestation chain in the maker step.',
    fix: 'Write only what the factory line brings: identity, chains, anchors, policies and keys of others.',
  },
  'KS-C142': {
    fault: 'misuse',
    title: 'pieces of an object do not follow each other',
    cause: 'An object is written in order from offset 0, with the same total in every piece and nothing beyond it.',
    fix: 'Start again from offset 0.',
  },
  'KS-C143': {
    fault: 'misuse',
    title: 'object is not valid',
    cause:
      'The complete object was checked before it was stored, and does not have the form or the content it must have.',
    fix: 'Correct what the message names and write the object again; the part still holds the old one.',
  },
  'KS-C144': {
    fault: 'misuse',
    title: 'can be written only once',
    cause: 'The identity of a device, its IDevID key and its IDevID certificate stay for its whole life.',
    fix: 'READ gives what is there. For another identity, take another part.',
  },
  'KS-C145': {
    fault: 'misuse',
    title: 'certificate is for another key',
    cause: 'The leaf of the chain does not hold the public key that was generated in the slot.',
    fix: "Have the part's own CSR signed, and write the chain to the part that made it.",
  },
  'KS-C146': {
    fault: 'misuse',
    title: 'key slot is empty',
    cause: 'No key pair has been generated in this slot.',
    fix: 'Send GENERATE for the slot first.',
  },
  'KS-C147': {
    fault: 'misuse',
    title: 'contents are not complete',
    cause: 'A part is locked only when it holds all that it needs for operation.',
    fix: 'Write the objects that the message names, then lock.',
  },
  'KS-C148': {
    fault: 'peer-misbehaved',
    title: 'lock order is not valid',
    cause:
      'The order is not signed by the line that opened this session, or names another part, nonce or digest of the contents.',
    fix: 'Take the digest of a dry run, compare it with your own and sign it with the key given in PROVISION_BEGIN.',
  },
  'KS-C149': {
    fault: 'misuse',
    title: 'the part was made with another serial number',
    cause: 'MAKER_BEGIN was carried out before, with another serial number or model; it is once in the life of a part.',
    fix: 'Use the serial number that INFO gives.',
  },
  'KS-C150': {
    fault: 'peer-misbehaved',
    title: 'time token is for another part',
    cause: 'The token names another serial number.',
    fix: 'Request a token for the serial number that INFO gives.',
  },
  'KS-C151': {
    fault: 'peer-misbehaved',
    title: 'time token does not answer the challenge',
    cause:
      'The nonce in the token is not the one of the last TIME_CHALLENGE, or was used before: the token is replayed.',
    fix: 'Send TIME_CHALLENGE and request a token over the new nonce.',
  },
  'KS-C152': {
    fault: 'peer-misbehaved',
    title: 'time token is from the past',
    cause: 'Time moves only forward in the part, and the token states a time before the floor.',
    fix: 'Check the clock of the authority that signs time tokens.',
  },
  'KS-C153': {
    fault: 'peer-misbehaved',
    title: 'time token is too far ahead',
    cause: 'One token moves the time of a part by at most 400 days, so that one false token cannot expire everything.',
    fix: 'Check the clock of the authority that signs time tokens. A part that lay longer in a warehouse needs a command of the administrator.',
  },
  'KS-C154': {
    fault: 'peer-misbehaved',
    title: 'time token is not signed by the time key',
    cause: 'The token was changed, is no time token, or was signed with another key than the one in the part.',
    fix: 'Have the token signed with the time key that was written to the part in the factory.',
  },
  'KS-C155': {
    fault: 'environment',
    title: 'policy needs a fresher time token',
    cause: 'The policy demands a time token younger than some powered hours, and the part has none.',
    fix: 'Fetch a time token (TIME_CHALLENGE, TIME_TOKEN) before opening a session under this policy.',
  },
  'KS-C160': {
    fault: 'misuse',
    title: 'no such policy',
    cause: 'The part holds no policy of this name.',
    fix: 'Use one of the names in the message. Only the administrator adds a policy.',
  },
  'KS-C161': {
    fault: 'misuse',
    title: "server name is not on the policy's list",
    cause: 'The policy lists the servers that the part may talk to; the host cannot add one.',
    fix: 'Dial one of the names in the message, or have the administrator change the policy.',
  },
  'KS-C162': {
    fault: 'misuse',
    title: 'all TLS sessions are in use',
    cause: 'The part carries four TLS sessions at once.',
    fix: 'Close one with TLS_CLOSE (release) and try again.',
  },
  'KS-C163': {
    fault: 'misuse',
    title: 'no such TLS session',
    cause: 'The handle was released, or the session ended with a reset, a tamper event or a new measurement.',
    fix: 'Open a new session with TLS_OPEN.',
  },
  'KS-C164': {
    fault: 'misuse',
    title: 'memory of the session is full',
    cause: 'Decrypted bytes wait for TLS_READ, or encrypted ones for TLS_PULL, up to what one session may occupy.',
    fix: 'Read or pull what the progress of the last answer announced, then repeat the command.',
  },
  'KS-C165': {
    fault: 'environment',
    title: 'handshake took too long',
    cause:
      'A handshake that is not done ten powered seconds after TLS_OPEN is given up, so that it cannot hold a session.',
    fix: 'Check the network between host and server, then open a new session.',
  },
  'KS-C166': {
    fault: 'environment',
    title: 'keys of the session are gone',
    cause: 'A reset, a tamper event or a new measurement ended the session while a signature was made.',
    fix: 'Boot again if the part demands it, and open a new session.',
  },
  'KS-C167': {
    fault: 'misuse',
    title: 'last TLS session is reserved',
    cause: 'Of the four TLS sessions, applications have three; the last is for administration and recovery.',
    fix: 'Close one with TLS_CLOSE (release) and try again.',
  },
  'KS-C168': {
    fault: 'environment',
    title: 'byte budget of the policy is used up',
    cause:
      'The policy (in general that for recovery) limits the network bytes that its sessions move between two resets.',
    fix: 'Repair the host so that its boot passes, then use the ordinary policy; the budget begins anew with the reset line.',
  },
  'KS-C169': {
    fault: 'misuse',
    title: 'too many or too large revocation lists',
    cause: 'A session holds up to 8 revocation lists of 32 KiB together, until the chain of the server is judged.',
    fix: 'Give only the lists of the CAs in the path. Larger lists call for OCSP stapling at the server.',
  },
  'KS-C170': {
    fault: 'misuse',
    title: 'command needs the channel of the paired host',
    cause: 'After the lock, a part that holds the key of a host obeys requests only that came sealed by that host.',
    fix: 'Open the part with the pairing of its host (the file host-pairing.json of the home). A new host needs a command of the administrator.',
  },
  'KS-C171': {
    fault: 'misuse',
    title: 'the part is not being paired',
    cause: 'A part without the key of a host takes one within a provisioning session only.',
    fix: 'Begin the session with PROVISION_BEGIN. A part that was locked without a host works without a channel.',
  },
  'KS-C172': {
    fault: 'misuse',
    title: 'the part is paired with another host',
    cause: 'The part holds the key of one host, and this is not it: the part was moved, or the host has lost its key.',
    fix: 'Use the host that the part was paired with, or have the administrator pair it with this one.',
  },
  'KS-C173': {
    fault: 'peer-misbehaved',
    title: 'the host could not prove its pairing key',
    cause: 'The confirmation in PAIR_FINISH is wrong: something between host and part answers in its place.',
    fix: 'Inspect the bus between host and part.',
  },
  'KS-C174': {
    fault: 'misuse',
    title: 'no pairing exchange has begun',
    cause: 'PAIR_FINISH ends what PAIR_BEGIN began on the same link, once.',
    fix: 'Begin again with PAIR_BEGIN.',
  },
  'KS-C180': {
    fault: 'misuse',
    title: 'policy does not ask for revocation lists',
    cause: "The policy's revocation rule is `none`, so that a list would be held and never looked at.",
    fix: 'Give no lists under this policy, or have the administrator change its revocation rule.',
  },
  'KS-C181': {
    fault: 'misuse',
    title: 'revocation list comes too late',
    cause: 'The chain of the server was judged already, or the session has ended.',
    fix: 'Give the lists right after TLS_OPEN, before the first bytes of the server.',
  },
  'KS-C185': {
    fault: 'misuse',
    title: 'the command has written enough for now',
    cause: 'Writes to the memory are bounded for each command and powered hour, so that no host can wear it out.',
    fix: 'Wait as many powered seconds as the message says; STATUS lists the commands that wait. If the device needs the command this often, mend the loop that sends it.',
  },
  'KS-C186': {
    fault: 'part',
    title: 'random source fails its health test',
    cause:
      'The source of random numbers is stuck or biased. The part has closed its sessions and makes no key before a reset.',
    fix: 'Assert the reset line or switch the power: the part tests again. If it fails again, replace the part.',
  },
  'KS-C187': {
    fault: 'part',
    title: 'self-test fails',
    cause:
      'An algorithm does not give its known answer. The part has closed its sessions and uses no key before a reset.',
    fix: 'Assert the reset line or switch the power: the part tests again. If it fails again, replace the part.',
  },
  'KS-C188': {
    fault: 'part',
    title: 'command writes without a budget',
    cause: 'A command of this firmware has written to the memory and has no row in the table of write budgets.',
    fix: 'Report this as a fault of the firmware; its developer adds the row.',
  },
  'KS-C189': {
    fault: 'peer-misbehaved',
    title: 'log does not fit together',
    cause:
      'An entry was changed, removed, added or moved, or the log does not follow from what was read of it earlier.',
    fix: 'Treat whoever carries the answers of the part as hostile. Read again with a nonce: the statement says what the part itself holds.',
  },
  'KS-C200': {
    fault: 'peer-misbehaved',
    title: "administrator's command does not verify",
    cause:
      'The command was changed after it was signed, is not canonical CBOR, or its key is not the one that it names.',
    fix: 'Have the administrator sign the command again with his current key.',
  },
  'KS-C201': {
    fault: 'peer-misbehaved',
    title: 'command is by no administrator of this part',
    cause:
      'The key that signed the command is neither an administrator of the part nor the next one that the part was committed to.',
    fix: 'Sign with the current administrator key; a key that was replaced commands nothing any more.',
  },
  'KS-C202': {
    fault: 'peer-misbehaved',
    title: 'command is for another part',
    cause: 'The target of the command is another serial number, fleet or model.',
    fix: 'Deliver the command to the part that it names.',
  },
  'KS-C203': {
    fault: 'peer-misbehaved',
    title: 'number of the command is used up or too far ahead',
    cause: 'Each administrator key counts its commands; a part accepts numbers above the last by at most 64.',
    fix: 'Sign the command again with a number that the message allows. A number that you did not use shows that somebody else holds the key.',
  },
  'KS-C204': {
    fault: 'peer-misbehaved',
    title: 'command has expired',
    cause: 'The time of the part lies after the expiry of the command.',
    fix: 'Sign the command again.',
  },
  'KS-C205': {
    fault: 'environment',
    title: 'roots of the part are not the expected ones',
    cause:
      'The command was signed over another anchor store than the one in the part: something was changed in between.',
    fix: 'Read the anchors of the part, look at what has changed, and sign the command again.',
  },
  'KS-C206': {
    fault: 'peer-misbehaved',
    title: 'command lacks a fresh nonce of the part',
    cause:
      'Commands that remove, replace or end something carry a nonce that this part gave since its last reset and that was not used.',
    fix: 'Fetch a nonce with ADMIN_CHALLENGE and sign the command over it.',
  },
  'KS-C207': {
    fault: 'misuse',
    title: 'command is not of a permitted form',
    cause: 'An operation is not allowed for this target, not at once, not staged or not beside the others.',
    fix: 'Read the message, and split or change the command as it says.',
  },
  'KS-C208': {
    fault: 'misuse',
    title: 'change does not fit the part',
    cause:
      'The part would not work with what the command makes of it: a root or policy is missing, doubled or does not hold together.',
    fix: 'Try the command with DRY_RUN against the present objects of the part, and correct it.',
  },
  'KS-C209': {
    fault: 'misuse',
    title: 'no root would remain',
    cause: 'Without the root, the part or one of its policies would trust nobody, and could never be reached again.',
    fix: 'Add another root first, or replace the policies in the same command.',
  },
  'KS-C210': {
    fault: 'peer-misbehaved',
    title: 'operation is for another administrator key',
    cause:
      'Only the next key, to which the part was committed before, changes an administrator key; and it does nothing else.',
    fix: 'Sign the change of key with the next key. If you did not ask for a change, somebody else holds the current key: change it now.',
  },
  'KS-C211': {
    fault: 'misuse',
    title: "no administrator's change is under way",
    cause: 'Nothing is staged: it was committed, rolled back or never commanded.',
    fix: 'Ask ADMIN_STATUS what became of the last command.',
  },
  'KS-C212': {
    fault: 'misuse',
    title: 'not a proof that the command allows',
    cause: 'A staged change is proved with a client certificate, at one of the servers that its command names.',
    fix: 'Dial one of the names in the message, under a policy with a client key.',
  },
  'KS-C213': {
    fault: 'misuse',
    title: 'staged change is not proved yet',
    cause: 'A receipt came before any handshake has shown that the part still reaches a server.',
    fix: 'Open a proof connection with PROOF_OPEN first.',
  },
  'KS-C214': {
    fault: 'peer-misbehaved',
    title: 'receipt does not fit',
    cause: 'The receipt was not signed by the receipt key, or is over another part, command or proof.',
    fix: "Have the authority sign a receipt over the part's own response that says 'proved'.",
  },
  'KS-C215': {
    fault: 'misuse',
    title: 'proof connection carries no data',
    cause: 'A connection that proves a staged change is there for its handshake alone.',
    fix: 'Close it, and use an ordinary connection for data.',
  },
  'KS-C216': {
    fault: 'misuse',
    title: 'time floor would not rise',
    cause: "The time of the administrator's command is not later than the time of the part.",
    fix: 'Nothing is to be done: the part knows that time already.',
  },
  'KS-C220': {
    fault: 'misuse',
    title: 'certificate of this slot is not renewed',
    cause: 'Only the spare LDevID slot takes a certificate in the field; an IDevID is for life.',
    fix: 'Generate a key in ldevid-spare and install the certificate there.',
  },
  'KS-C221': {
    fault: 'peer-misbehaved',
    title: 'renewed certificate is not by a client issuer',
    cause: 'No valid client path leads from the certificate to a root of the part that may issue to clients.',
    fix: 'Have the CA of the fleet issue the certificate, and install it with its intermediate certificates.',
  },
  'KS-C230': {
    fault: 'misuse',
    title: 'evidence needs a session with client authentication',
    cause:
      'Evidence binds what a part is to the identity that it showed. The session has no client certificate, or is not connected.',
    fix: 'Ask for evidence on a connected session whose policy has a client key. A tampered part answers on any connected session.',
  },
  'KS-C231': {
    fault: 'part',
    title: 'a tampered part states nothing but that',
    cause: 'After a tamper event the attestation key signs no statement but the one that reports the event.',
    fix: 'Nothing mends a tampered part: replace it.',
  },
  'KS-C240': {
    fault: 'misuse',
    title: 'fuses inside the memory',
    cause:
      "The fuse file of a virtual part lies in its memory's folder, so that a copy of the folder would be a second part.",
    fix: 'Name a fuse file outside that folder.',
  },
} as const satisfies Record<string, ErrorEntry>;
