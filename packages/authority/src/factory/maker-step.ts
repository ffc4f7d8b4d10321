import { toHex } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { commands } from '@keystile/link';
import { issueAttestation } from '../ceremony/certificate-profiles.ts';
import type { Fleet } from '../ceremony/fleet.ts';
import type { Clock } from '../state/clock.ts';
import { parseModel, parseSerial } from '../state/names.ts';
import { sha256 } from '../state/signer.ts';
import type { PartCaller } from './part-caller.ts';
import type { Registry } from './registry.ts';

/**
 * The maker's step: an unmade part gets its serial number and model, makes its attestation key inside, and receives
 * the maker CA's certificate for it. The key of the maker CA knows parts, never fleets or devices.
 */
export interface MakerStep {
  readonly fleet: Fleet;
  readonly registry: Registry;
  readonly serial: string;
  readonly model: string;
  readonly now: Clock;
}

export interface MadePart {
  readonly serial: string;
  readonly model: string;
  /** SHA-256 of the attestation key's SubjectPublicKeyInfo, hexadecimal. */
  readonly attestationKey: string;
}

/** Throws KS-A110 (not unmade), KS-A112, KS-A113, KS-A121, or the part's own refusal. */
export async function makePart(part: PartCaller, step: MakerStep): Promise<MadePart> {
  const serial = parseSerial(step.serial);
  const model = parseModel(step.model);
  const { lifeCycle } = await part.call(commands.info, {});
  if (lifeCycle !== 'unmade') {
    throw new KeystileError('KS-A110', `the maker's step needs an unmade part, this one is ${lifeCycle}`);
  }
  if (step.registry.find(serial) !== undefined) {
    throw new KeystileError('KS-A112', `serial number ${serial} is in the registry already`);
  }
  const { attestationPublicKey } = await part.call(commands.makerBegin, { serial, model });
  const publicKey = attestationPublicKey.slice();
  const attestationKey = toHex(sha256(publicKey));
  const holder = step.registry.findKey(attestationKey);
  if (holder !== undefined) {
    throw new KeystileError('KS-A113', `the attestation key of ${serial} is that of ${holder.serial}`);
  }
  const nowMs = step.now();
  const { chain } = await issueAttestation({ fleet: step.fleet, publicKey, nowMs }, { serial });
  await part.call(commands.makerFinish, { chain });
  await step.registry.addPart({ serial, model, attestationKey, madeAt: new Date(nowMs).toISOString() });
  return { serial, model, attestationKey };
}
