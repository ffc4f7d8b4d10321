import { toHex } from '@keystile/bytes';
import type { ProvisionEvidence } from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import { commands, type FactoryKeySlot } from '@keystile/link';
import { type ParsedRequest, parseCertificationRequest } from '@keystile/pki/issue';
import { sha256 } from '../state/signer.ts';
import type { PartCaller } from './part-caller.ts';
import { attestedKey } from './part-evidence.ts';
import type { Registry } from './registry.ts';

/**
 * A certificate request that the line may sign: its key is the one that the part attested for this slot, nobody else
 * holds that key, and its name is the one that the line wrote.
 */
export interface CheckedRequest {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** SHA-256 of it, hexadecimal. */
  readonly keyDigest: string;
}

export interface RequestExpectation {
  readonly slot: FactoryKeySlot;
  readonly evidence: ProvisionEvidence;
  readonly identityUri: string;
  readonly registry: Registry;
}

/** Throws KS-A113, KS-A115, KS-A116 or KS-A117. */
export async function requestCertificate(part: PartCaller, expected: RequestExpectation): Promise<CheckedRequest> {
  const { request } = await part.call(commands.csr, { slot: expected.slot });
  const parsed = await parseRequest(request.slice());
  const keyDigest = toHex(sha256(parsed.publicKey));
  refuseForeignKey(keyDigest, expected);
  if (parsed.uris.length !== 1 || parsed.uris[0] !== expected.identityUri || parsed.otherNames) {
    const named = parsed.uris.join(', ') || 'nobody';
    throw new KeystileError('KS-A117', `the request names ${named}, the line wrote ${expected.identityUri}`);
  }
  const holder = expected.registry.findKey(keyDigest);
  if (holder !== undefined) {
    throw new KeystileError('KS-A113', `the key in slot ${expected.slot} is also that of ${holder.serial}`);
  }
  return { publicKey: parsed.publicKey, keyDigest };
}

function refuseForeignKey(keyDigest: string, { slot, evidence }: RequestExpectation): void {
  if (keyDigest === attestedKey(evidence, slot)) return;
  const other = evidence.keys.find((key) => toHex(key.publicKeyDigest) === keyDigest);
  if (other === undefined) {
    throw new KeystileError(
      'KS-A116',
      `the request for ${slot} holds a key that the part did not attest: made in software`,
    );
  }
  throw new KeystileError('KS-A115', `the request for ${slot} holds the key of slot ${other.slot}`);
}

async function parseRequest(request: Uint8Array): Promise<ParsedRequest> {
  try {
    return await parseCertificationRequest(request);
  } catch (cause) {
    if (cause instanceof KeystileError)
      throw new KeystileError('KS-A117', `${cause.detail} (${cause.code})`, { cause });
    throw cause;
  }
}
