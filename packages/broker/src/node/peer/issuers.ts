import { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import type { IssuerGrant } from '../../admission/certificate.ts';
import type { IssuerConfiguration } from '../configuration/schema.ts';
import { readCertificates } from '../files.ts';

/**
 * Which configured CA signed a certificate, by its key and not by its name: whoever controls another accepted CA
 * cannot speak for this one's fleet.
 */
export class Issuers {
  readonly #issuers: readonly { readonly certificate: X509Certificate; readonly grant: IssuerGrant }[];
  /** Fingerprints that were looked up before; a fleet reconnects with the certificates it had. */
  readonly #known = new Map<string, IssuerGrant>();

  constructor(configured: readonly IssuerConfiguration[], folder: string) {
    this.#issuers = configured.map(({ name, certificate, fleet, roles }) => ({
      certificate: new X509Certificate(readCertificates(resolve(folder, certificate))),
      grant: { name, fleet, roles },
    }));
  }

  grantOf(certificate: X509Certificate): IssuerGrant | undefined {
    const known = this.#known.get(certificate.fingerprint256);
    if (known !== undefined) return known;
    const issuer = this.#issuers.find(
      (each) => certificate.checkIssued(each.certificate) && certificate.verify(each.certificate.publicKey),
    );
    if (issuer === undefined) return undefined;
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.set(certificate.fingerprint256, issuer.grant);
    return issuer.grant;
  }
}

/** About 10 MB; beyond it each certificate costs its 0.1 ms again. */
const KNOWN_MAX = 100_000;
