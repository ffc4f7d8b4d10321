import { createHash } from 'node:crypto';
import { equalPublicBytes } from '@keystile/bytes';
import { type AdministratorCommand, administratorCommand, peekStatement } from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import { administratorKeysFields } from '@keystile/link';
import type { PartState } from '../memory/part-state.ts';
import { keyDigest, storedList } from '../objects/check-object.ts';

/** A command whose signature holds, and in what capacity its key signs. */
export interface SignedCommand {
  readonly command: AdministratorCommand;
  /** SHA-256 over the statement. */
  readonly digest: Uint8Array;
  /** SHA-256 of the SubjectPublicKeyInfo that signed. */
  readonly signer: Uint8Array;
  /** `next`: it is not an administrator's key yet, and its one command is to become it. */
  readonly signedBy: 'current' | 'next';
}

/**
 * Verifies a command under the key that its key id names: a current administrator's, or the one that an administrator
 * was committed to, which the command then reveals. Throws `KS-C200` or `KS-C201`.
 */
export function verifyCommand(state: PartState, bytes: Uint8Array): SignedCommand {
  const { keyId: signer, payload } = readOrRefuse(() => peekStatement(bytes));
  if (signer === undefined) throw new KeystileError('KS-C200', 'the command does not say which key has signed it');
  const administrators = storedList(state, 'administrator-keys', administratorKeysFields);
  const current = administrators.find(({ publicKey }) => equalPublicBytes(keyDigest(publicKey), signer));
  const isNext = administrators.some(({ nextDigest }) => equalPublicBytes(nextDigest, signer));
  if (current === undefined && !isNext) {
    throw new KeystileError('KS-C201', 'the key that signed the command is no administrator of this part');
  }
  const publicKey = current?.publicKey ?? readOrRefuse(() => revealedKey(administratorCommand.decode(payload), signer));
  const command = readOrRefuse(() => administratorCommand.verify(bytes, publicKey));
  return { command, digest: commandDigest(bytes), signer, signedBy: current === undefined ? 'next' : 'current' };
}

/** SHA-256 over a command as it was signed: its name in receipts and responses. */
function commandDigest(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

/** Nobody has vouched for `command` yet; that its key is the one committed to is shown by the digest alone. */
function revealedKey({ operations }: AdministratorCommand, signer: Uint8Array): Uint8Array {
  const [operation] = operations;
  if (operation?.kind === 'change-administrator-key' && equalPublicBytes(keyDigest(operation.publicKey), signer)) {
    return operation.publicKey;
  }
  throw new KeystileError('KS-C201', 'the next administrator key has signed, and the command does not reveal it');
}

function readOrRefuse<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof KeystileError && cause.code.startsWith('KS-S')) {
      throw new KeystileError('KS-C200', `${cause.detail} (${cause.code})`, { cause });
    }
    throw cause;
  }
}
