import type { ErrorEntry } from '../entry.ts';

/** Refusals of signed statements (COSE_Sign1). */
export const statementErrors = {
  'KS-S100': {
    fault: 'peer-misbehaved',
    title: 'statement is malformed',
    cause: 'A signed statement is not canonical CBOR, is not a COSE_Sign1 or is larger than its limit.',
    fix: 'Make the statement again with the same version of keystile.',
  },
  'KS-S101': {
    fault: 'peer-misbehaved',
    title: 'statement has another purpose',
    cause: 'A signed statement of one content type was presented where another belongs.',
    fix: 'Present the statement that was made for this purpose; one kind can never stand in for another.',
  },
  'KS-S102': {
    fault: 'peer-misbehaved',
    title: 'signature of a statement does not verify',
    cause: 'The statement was changed after it was signed, or was signed by another key.',
    fix: 'Sign the statement with the key whose public half the verifier holds.',
  },
  'KS-S103': {
    fault: 'peer-incompatible',
    title: 'statement has an unexpected content',
    cause: 'A signed statement lacks a field, has an unknown one, or a value is outside its limits.',
    fix: 'Make the statement again with a version of keystile that the verifier knows.',
  },
  'KS-S120': {
    fault: 'peer-misbehaved',
    title: 'evidence answers another nonce',
    cause: 'The evidence was made for another challenge: it is old, or somebody else asked for it.',
    fix: 'Ask for evidence again with a fresh nonce.',
  },
  'KS-S121': {
    fault: 'peer-misbehaved',
    title: 'evidence belongs to another TLS connection',
    cause:
      'The exporter value or the cipher suite in the evidence is not that of the connection on which it arrived: it was carried over from another one.',
    fix: 'Make the evidence for the session that carries it; somebody may stand between device and server.',
  },
  'KS-S122': {
    fault: 'peer-misbehaved',
    title: 'evidence names another server certificate',
    cause: 'The part verified another certificate than the one that the server presents.',
    fix: 'Check who answers between device and server; after a renewal of the certificate, connect anew.',
  },
  'KS-S123': {
    fault: 'peer-misbehaved',
    title: 'the part says that it was tampered with',
    cause: 'The statement is genuine, and it reports a tamper event, which is for ever.',
    fix: 'Take the device out of the field and replace its part.',
  },
  'KS-S124': {
    fault: 'peer-misbehaved',
    title: 'the part is not in the state that is demanded',
    cause: 'The evidence is genuine and reports a life cycle or a boot state in which a device is not to be served.',
    fix: 'Boot the device with firmware and configuration that are signed for it.',
  },
  'KS-S125': {
    fault: 'peer-misbehaved',
    title: 'evidence is about another part than the one that signed it',
    cause: 'Serial number or entity id in the evidence are not those of the attestation certificate.',
    fix: 'Ask the part itself for its evidence and its attestation chain.',
  },
  'KS-S126': {
    fault: 'peer-misbehaved',
    title: 'answer with evidence is malformed',
    cause: 'The answer is not the array of a statement and the attestation chain.',
    fix: 'Answer with what the device library makes.',
  },
  'KS-S127': {
    fault: 'peer-misbehaved',
    title: 'evidence is about a session without client authentication',
    cause: 'The part did not show its certificate in the session, so the evidence binds no identity.',
    fix: 'Open the session under a policy with a client key.',
  },
  'KS-S128': {
    fault: 'peer-misbehaved',
    title: 'the server asked for evidence without a nonce',
    cause: 'A question for evidence holds a nonce of 32 bytes, and this one does not.',
    fix: 'Find out what answers at the address of the server: it is no broker of this system, or of another version.',
  },
} as const satisfies Record<string, ErrorEntry>;
