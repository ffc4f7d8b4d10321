import type { PartCaller } from '@keystile/authority';
import { commands } from '@keystile/link';
import { type CertificateAuthority, issueClientCertificate, parseCertificationRequest } from '@keystile/pki/issue';

export interface RenewalRequest {
  readonly issuer: CertificateAuthority;
  /** Organization of the issued name. */
  readonly fleet: string;
  /** Milliseconds since 1970. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A CA that renews: a new key in the spare slot, its request, and the certificate for it, which is not installed yet. */
export async function renewedChain(part: PartCaller, request: RenewalRequest): Promise<readonly Uint8Array[]> {
  await part.call(commands.generate, { slot: 'ldevid-spare' });
  return chainForSpare(part, request);
}

/** The same for the key that is in the spare slot already. */
export async function chainForSpare(part: PartCaller, request: RenewalRequest): Promise<readonly Uint8Array[]> {
  const csr = await part.call(commands.csr, { slot: 'ldevid-spare' });
  const { publicKey, uris } = await parseCertificationRequest(csr.request.slice());
  const [identity] = uris;
  if (identity === undefined) throw new TypeError('the request names nobody');
  const { issuer, fleet, fromMs, untilMs } = request;
  const { chain } = await issueClientCertificate({
    issuer,
    subject: { organization: fleet, commonName: identity.slice(identity.lastIndexOf(':') + 1) },
    publicKey,
    validity: { fromMs, untilMs },
    identity,
  });
  return chain;
}
