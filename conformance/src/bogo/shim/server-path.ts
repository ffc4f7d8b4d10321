import { KeystileError } from '@keystile/errors';
import { parseCertificate } from '@keystile/pki/path';
import type { CertificateVerifier, ServerCertificateRequest, VerifiedServerPath } from '@keystile/tls';
import { verifyCertificateSignature } from '../../../../packages/pki/src/path/signature-policy.ts';
import { laxerSignatures } from '../../laxer-signatures.ts';
import { certificatesIn } from './credential.ts';
import type { Flags } from './flags.ts';

/**
 * Follows the server's chain, certificate by certificate as it was sent, to the runner's root. The product's own path
 * validation would refuse the runner's certificates: they have neither subjects nor an extended key usage, and P-384
 * signs with SHA-256 in them. Which keys may sign a handshake, the engine says. Keeps what the server presented, for
 * the runner's questions.
 */
export class ServerPath implements CertificateVerifier {
  presented: ServerCertificateRequest | undefined;
  readonly #roots: readonly Uint8Array[];
  readonly #flags: Flags;

  constructor(flags: Flags) {
    const file = flags['trust-cert'] ?? '';
    this.#roots = file === '' ? [] : certificatesIn(file);
    this.#flags = flags;
  }

  verify(request: ServerCertificateRequest): VerifiedServerPath {
    this.presented = request;
    if (this.#flags['verify-fail'] === true) {
      throw new KeystileError('KS-P105', 'the runner wants every certificate refused');
    }
    const [leaf, ...issuers] = [...request.chain, ...this.#roots].map(parseCertificate);
    if (leaf === undefined) throw new KeystileError('KS-P100', 'no certificate');
    if (leaf.keyUsage?.digitalSignature === false) {
      throw new KeystileError('KS-P107', 'the key usage does not allow digital signatures');
    }
    let subject = leaf;
    for (const issuer of issuers) {
      verifyCertificateSignature(subject, issuer.spki, laxerSignatures);
      subject = issuer;
    }
    if (this.#flags['fail-ocsp-callback'] === true) {
      throw new KeystileError('KS-P119', 'the runner wants every OCSP answer refused');
    }
    return { leafSpki: leaf.spki, path: request.chain, anchorDigest: new Uint8Array(32), notAfterMs: leaf.notAfterMs };
  }
}
