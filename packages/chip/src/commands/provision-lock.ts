import { equalPublicBytes } from '@keystile/bytes';
import { type LockOrder, lockEvidence, lockOrder } from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import type { commands } from '@keystile/link';
import { contentsDigest, demandComplete } from '../objects/contents.ts';
import type { ProvisioningSession } from '../objects/provisioning-session.ts';
import type { Part } from '../part.ts';
import type { CommandHandler } from './handler.ts';

const nothing = new Uint8Array(0);

/**
 * The evidence is signed before the part is locked: were it the other way round, a cut between the two would leave a
 * locked part whose line has no evidence.
 */
export const provisionLock: CommandHandler<typeof commands.provisionLock> = {
  handle: async (part, { dryRun, order, timeToken }) => {
    const { memory, time } = part;
    demandComplete(memory.state);
    const digest = contentsDigest(memory.state);
    if (dryRun) return { contentsDigest: digest, evidence: nothing };
    const session = demandSession(part);
    // The order and the time token.
    part.pace.spend('verify');
    part.pace.spend('verify');
    checkOrder(order, { serial: memory.state.serial, lineNonce: session.lineNonce, contentsDigest: digest }, session);
    const floor = time.floorAfter(time.check(timeToken));
    const evidence = await part.signer.statement(lockEvidence, {
      serial: memory.state.serial,
      lineNonce: session.lineNonce,
      contentsDigest: digest,
    });
    if (part.provisioning !== session) throw new KeystileError('KS-C111', 'a reset ended the session while it signed');
    memory.commit((before) => ({ ...before, ...floor, lifeCycle: 'operational' }));
    time.accept(floor.timeFloorMs);
    part.provisioning = undefined;
    return { contentsDigest: digest, evidence };
  },
};

function demandSession({ provisioning }: Part): ProvisioningSession {
  if (provisioning === undefined) throw new KeystileError('KS-C111');
  return provisioning;
}

function checkOrder(order: Uint8Array, expected: LockOrder, session: ProvisioningSession): void {
  const stated = verifiedOrder(order, session.linePublicKey);
  if (stated.serial !== expected.serial) {
    throw new KeystileError('KS-C148', `the order is for part ${stated.serial}, this is ${expected.serial}`);
  }
  if (!equalPublicBytes(stated.lineNonce, expected.lineNonce)) {
    throw new KeystileError('KS-C148', 'the order carries another nonce than this session');
  }
  if (!equalPublicBytes(stated.contentsDigest, expected.contentsDigest)) {
    throw new KeystileError('KS-C148', 'the order is over other contents than the part holds');
  }
}

function verifiedOrder(order: Uint8Array, key: Uint8Array): LockOrder {
  try {
    return lockOrder.verify(order, key);
  } catch (cause) {
    if (cause instanceof KeystileError)
      throw new KeystileError('KS-C148', `${cause.detail} (${cause.code})`, { cause });
    throw cause;
  }
}
