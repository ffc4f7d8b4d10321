import { createHash, X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import type { IssuerGrant } from '../../admission/certificate.ts';
import type { IssuerConfiguration } from '../configuration/schema.ts';
import { readCertificates } from '../files.ts';

/** A configured CA. */
export interface Issuer {
  readonly certificate: X509Certificate;
  readonly grant: IssuerGrant;
  /** SHA-256 over its public key, hexadecimal: what it is known by when its certificate is renewed. */
  readonly key: string;
  readonly configuration: IssuerConfiguration;
}

/**
 * Which configured CA signed a certificate, by its key and not by its name: whoever controls another accepted CA
 * cannot speak for this one's fleet.
 */
export class Issuers {
  readonly all: readonly Issuer[];
  /** Fingerprints that were looked up before; a fleet reconnects with the certificates it had. */
  readonly #known = new Map<string, Issuer>();

  constructor(configured: readonly IssuerConfiguration[], folder: string) {
    this.all = configured.map((configuration) => {
      const certificate = new X509Certificate(readCertificates(resolve(folder, configuration.certificate)));
      const { name, fleet, roles } = configuration;
      return { certificate, grant: { name, fleet, roles }, key: keyOf(certificate), configuration };
    });
  }

  issuerOf(certificate: X509Certificate): Issuer | undefined {
    const known = this.#known.get(certificate.fingerprint256);
    if (known !== undefined) return known;
    const issuer = this.all.find(
      (each) => certificate.checkIssued(each.certificate) && certificate.verify(each.certificate.publicKey),
    );
    if (issuer === undefined) return undefined;
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.set(certificate.fingerprint256, issuer);
    return issuer;
  }
}

/** About 10 MB; beyond it each certificate costs its 0.1 ms again. */
const KNOWN_MAX = 100_000;

function keyOf({ publicKey }: X509Certificate): string {
  return createHash('sha256')
    .update(publicKey.export({ format: 'der', type: 'spki' }))
    .digest('hex');
}
