import { type Certificate, parseCertificate } from './certificate.ts';

/**
 * Certificates that were met before, for a program that validates paths of the same servers again and again: what depends
 * on the bytes alone is found out once. That is how they parse, and that one was signed with the key of another; validity,
 * names, purposes, the path itself and revocation are judged anew each time.
 *
 * One for one signature policy. It holds public things only; the certificate that was not met for the longest makes room.
 */
export class SeenCertificates {
  readonly #parsed = new Map<string, Certificate>();
  readonly #issuers = new WeakMap<Certificate, WeakSet<Certificate>>();
  readonly #countMax: number;

  /** `countMax`: certificates to hold, each of at most 4 KiB; 64 when absent. */
  constructor(countMax: number = COUNT_MAX) {
    this.#countMax = countMax;
  }

  /** The same object for the same bytes. Throws `KS-P100`. */
  parse(der: Uint8Array): Certificate {
    if (der.length > LENGTH_MAX) return parseCertificate(der);
    const key = Buffer.from(der.buffer, der.byteOffset, der.length).toString('latin1');
    const certificate = this.#parsed.get(key) ?? parseCertificate(Uint8Array.from(der));
    this.#parsed.delete(key);
    this.#parsed.set(key, certificate);
    const [oldest] = this.#parsed.keys();
    if (this.#parsed.size > this.#countMax && oldest !== undefined) this.#parsed.delete(oldest);
    return certificate;
  }

  /** Whether `issuer`'s key is known to have signed `certificate`; both are objects that parsing gave. */
  isSigned(certificate: Certificate, issuer: Certificate): boolean {
    return this.#issuers.get(certificate)?.has(issuer) ?? false;
  }

  noteSigned(certificate: Certificate, issuer: Certificate): void {
    const issuers = this.#issuers.get(certificate) ?? new WeakSet();
    this.#issuers.set(certificate, issuers.add(issuer));
  }
}

/** Two certificates for each of 32 servers. */
const COUNT_MAX = 64;
/** Longer ones are rare, and would let a server fill the memory. */
const LENGTH_MAX = 4096;
