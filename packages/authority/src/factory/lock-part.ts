import type { X509Certificate } from 'node:crypto';
import { equalPublicBytes, toHex } from '@keystile/bytes';
import { type LockEvidence, lockEvidence, lockOrder } from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import { commands } from '@keystile/link';
import { es256Signer } from '../state/signer.ts';
import { signTimeToken } from '../time/time-token.ts';
import { type Contents, contentsDigest } from './contents.ts';
import type { Line } from './line.ts';
import type { PartCaller } from './part-caller.ts';

export interface Lock {
  readonly line: Line;
  readonly serial: string;
  readonly lineNonce: Uint8Array;
  readonly attestation: X509Certificate;
  readonly contents: Contents;
}

export interface LockedPart {
  readonly contentsDigest: Uint8Array;
  /** The lock evidence, verified. */
  readonly evidence: Uint8Array;
}

/** The last step, and the one that cannot be taken back; the dry run before it must agree with our own digest. */
export async function lockPart(part: PartCaller, lock: Lock): Promise<LockedPart> {
  const { line, serial, lineNonce } = lock;
  const digest = contentsDigest(lock.contents);
  const nothing = new Uint8Array(0);
  const dryRun = await part.call(commands.provisionLock, { dryRun: true, order: nothing, timeToken: nothing });
  if (!equalPublicBytes(dryRun.contentsDigest, digest)) {
    throw new KeystileError(
      'KS-A119',
      `part ${serial} computes ${toHex(dryRun.contentsDigest)}, the line ${toHex(digest)}`,
    );
  }
  const challenge = await part.call(commands.timeChallenge, {});
  const timeToken = await signTimeToken(line.fleet.keys.time, {
    serial,
    nonce: challenge.nonce.slice(),
    nowMs: line.now(),
  });
  const order = await lockOrder.sign({ serial, lineNonce, contentsDigest: digest }, es256Signer(line.fleet.keys.line));
  const locked = await part.call(commands.provisionLock, { dryRun: false, order, timeToken });
  const evidence = locked.evidence.slice();
  checkLockEvidence(evidence, lock, digest);
  const { lifeCycle } = await part.call(commands.info, {});
  if (lifeCycle !== 'operational') throw wrong(`part ${serial} is ${lifeCycle} after the lock`);
  return { contentsDigest: digest, evidence };
}

function checkLockEvidence(evidence: Uint8Array, lock: Lock, digest: Uint8Array): void {
  const claims = verifiedClaims(evidence, lock.attestation);
  if (claims.serial !== lock.serial) throw wrong(`the lock evidence is about ${claims.serial}, not ${lock.serial}`);
  if (!equalPublicBytes(claims.lineNonce, lock.lineNonce)) throw wrong('the lock evidence answers another line nonce');
  if (!equalPublicBytes(claims.contentsDigest, digest)) throw wrong('the lock evidence is over other contents');
}

function verifiedClaims(evidence: Uint8Array, attestation: X509Certificate): LockEvidence {
  try {
    return lockEvidence.verify(evidence, attestation.publicKey);
  } catch (cause) {
    if (cause instanceof KeystileError) throw wrong(`${cause.detail} (${cause.code})`, cause);
    throw cause;
  }
}

function wrong(detail: string, cause?: unknown): KeystileError {
  return new KeystileError('KS-A120', detail, cause === undefined ? undefined : { cause });
}
