import { createHash } from 'node:crypto';
import { equalPublicBytes, toHex } from '@keystile/bytes';
import type { AdministratorCommand } from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import { decodeField, identityFields } from '@keystile/link';
import type { PartState } from '../memory/part-state.ts';
import { demandObject } from '../objects/public-objects.ts';
import { iso } from '../time/part-time.ts';
import type { AdministratorNonces } from './nonces.ts';
import { rulesOf } from './operations/index.ts';
import type { SignedCommand } from './signed-command.ts';

/** A thief who runs ahead with the numbers gains this much at a time, and a fleet may miss this many commands. */
const SEQUENCE_STEP_MAX = 64;

export interface CommandFacts {
  readonly state: PartState;
  readonly nowMs: number;
  readonly nonces: AdministratorNonces;
}

/** Whether a verified command is for this part, now, and may be what it is. Throws `KS-C202` to `KS-C207` or `KS-C210`. */
export function checkCommand(signed: SignedCommand, { state, nowMs, nonces }: CommandFacts): void {
  const { command } = signed;
  checkTarget(command, state);
  checkSequence(signed, state);
  if (command.expiresAtMs <= nowMs) {
    throw new KeystileError('KS-C204', `the command expired at ${iso(command.expiresAtMs)}, it is ${iso(nowMs)}`);
  }
  checkOperations(signed);
  checkEffect(command);
  checkNonce(command, nonces);
  const held = digestOf(state, 'anchors');
  if (!equalPublicBytes(command.anchorsDigest, held)) {
    throw new KeystileError(
      'KS-C205',
      `the command expects ${toHex(command.anchorsDigest)}, the part has ${toHex(held)}`,
    );
  }
}

/** SHA-256 over an object; over nothing when there is none. */
export function digestOf(state: PartState, name: 'anchors' | 'policies' | 'administrator-keys'): Uint8Array {
  const bytes = state.objects.get(name) ?? new Uint8Array(0);
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

function checkTarget({ targetKind, target, operations }: AdministratorCommand, state: PartState): void {
  const { fleet } = decodeField(identityFields, demandObject(state, 'identity'));
  const own = targetKind === 'part' ? [state.serial] : [fleet, `${fleet}/${state.model}`];
  if (!own.includes(target)) {
    throw new KeystileError('KS-C202', `the command is for ${targetKind} ${target}, this is ${own.join(' and ')}`);
  }
  const single = operations.find((operation) => rulesOf(operation).target === 'part');
  if (targetKind === 'group' && single !== undefined) {
    throw new KeystileError('KS-C207', `${single.kind} is for one part at a time, the command is for ${target}`);
  }
}

function checkSequence({ command, signer }: SignedCommand, { administration }: PartState): void {
  const { sequence } = command;
  const last = administration.sequences.find(({ keyDigest }) => equalPublicBytes(keyDigest, signer))?.last ?? 0;
  if (sequence > last && sequence <= last + SEQUENCE_STEP_MAX) return;
  throw new KeystileError(
    'KS-C203',
    `the command has number ${sequence}, the part takes ${last + 1} to ${last + SEQUENCE_STEP_MAX} of this key`,
  );
}

/** The next key can become the current one and nothing else; the current key can do everything else. */
function checkOperations({ command, signedBy }: SignedCommand): void {
  const { operations } = command;
  const foreign = operations.find((operation) => rulesOf(operation).signedBy !== signedBy);
  if (foreign !== undefined) {
    throw new KeystileError('KS-C210', `${foreign.kind} is not for the administrator's ${signedBy} key`);
  }
  const kinds = operations.map(({ kind }) => kind);
  if (signedBy === 'next' && kinds.length > 1) throw new KeystileError('KS-C207', 'a change of key comes alone');
  // Its proof has to end at the added root, and a path ends at one.
  if (kinds.filter((kind) => kind === 'add-root').length > 1) {
    throw new KeystileError('KS-C207', 'two roots are added by two commands, each with its own proof');
  }
}

function checkEffect({ effect, operations, ...rest }: AdministratorCommand): void {
  const wrong = operations.find((operation) => !rulesOf(operation).effects.includes(effect));
  if (wrong !== undefined) {
    throw new KeystileError('KS-C207', `${wrong.kind} cannot be ${effect === 'staged' ? 'staged' : 'done at once'}`);
  }
  const { proofServerNames, windowPoweredS, windowResets } = rest;
  if (effect === 'staged' && (proofServerNames.length === 0 || windowPoweredS === 0)) {
    throw new KeystileError('KS-C207', 'a staged change names a server for its proof, and has a window');
  }
  if (effect === 'at-once' && (proofServerNames.length > 0 || windowPoweredS + windowResets > 0)) {
    throw new KeystileError('KS-C207', 'what takes effect at once has neither a proof nor a window');
  }
}

function checkNonce({ operations, nonce }: AdministratorCommand, nonces: AdministratorNonces): void {
  const needing = operations.find((operation) => rulesOf(operation).needsNonce);
  if (needing === undefined && nonce.length === 0) return;
  if (nonces.isOutstanding(nonce)) return;
  const said = nonce.length === 0 ? 'carries none' : 'carries one that the part did not give, or that is used up';
  throw new KeystileError(
    'KS-C206',
    `${needing?.kind ?? 'the command'} needs a nonce of this part; the command ${said}`,
  );
}
