import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { decodeEvidenceAnswer, verifyEvidence } from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import { parseTrustAnchor, type TrustAnchor, validateAttestationPath } from '@keystile/pki/path';
import type { EvidenceContext, EvidenceVerifier } from '../../authentication/evidence-method.ts';
import { type Refusal, refuse } from '../../refusal.ts';
import type { EvidenceConfiguration } from '../configuration/schema.ts';
import { certificatesOf, readCertificates } from '../files.ts';
import { DeviceRegistry } from './device-registry.ts';

/**
 * Judges the evidence of a part: its key is the maker's work, the part and the identity of the TLS connection are one
 * device, and the statement holds for this nonce and this connection. Whatever fails denies.
 */
export class PartEvidence implements EvidenceVerifier {
  readonly #anchors: readonly TrustAnchor[];
  readonly #registry: DeviceRegistry;
  readonly #utcNow: () => number;

  /** Throws `KS-B102` or `KS-B105` for anchors that cannot be used. */
  constructor(configuration: EvidenceConfiguration, folder: string, utcNow: () => number) {
    const pem = readCertificates(resolve(folder, configuration.maker_anchors));
    this.#anchors = certificatesOf(pem).map(parseTrustAnchor);
    this.#registry = new DeviceRegistry(resolve(folder, configuration.registry));
    this.#utcNow = utcNow;
  }

  verify(answer: Uint8Array, context: EvidenceContext): Refusal | undefined {
    try {
      return this.#judge(answer, context);
    } catch (error) {
      if (!(error instanceof KeystileError)) throw error;
      if (error.code === 'KS-B325') return refuse(error.code, error.detail);
      return refuse('KS-B321', `${error.detail} (${error.code})`);
    }
  }

  #judge(answer: Uint8Array, { identity, nonce, channel }: EvidenceContext): Refusal | undefined {
    const { statement, chain } = decodeEvidenceAnswer(answer);
    const attestationKey = this.#makersKey(chain);
    if ('kind' in attestationKey) return attestationKey;
    const digest = createHash('sha256').update(attestationKey).digest('hex');
    const device = this.#registry.find(digest);
    if (device?.identity !== identity.urn) {
      const said = device === undefined ? 'an unknown part' : `part ${device.serial} of '${device.identity}'`;
      return refuse('KS-B324', `the evidence of '${identity.urn}' is that of ${said}`);
    }
    verifyEvidence(statement, { attestationKey, serial: device.serial, nonce, channel });
    return undefined;
  }

  #makersKey(chain: readonly Uint8Array[]): Uint8Array | Refusal {
    try {
      return validateAttestationPath({ chain, anchors: this.#anchors, atMs: this.#utcNow() }).leafSpki;
    } catch (error) {
      if (!(error instanceof KeystileError)) throw error;
      return refuse('KS-B323', `${error.detail} (${error.code})`);
    }
  }
}
