import type { KeyObject } from 'node:crypto';
import { tags } from '../path/der.ts';
import { element, objectIdentifier, utf8String } from '../path/der-writer.ts';
import type { CertificateAuthority, SubjectName, Validity } from './certificate-authority.ts';
import { derOf, generateCertificate, pemOf, publicHalf } from './generator.ts';
import { BasicConstraintsExtension, Extension, KeyUsageFlags, KeyUsagesExtension } from './x509-library.ts';

export interface RootRequest {
  /** P-256, private. */
  readonly key: KeyObject;
  readonly subject: SubjectName;
  readonly validity: Validity;
  /** Intermediate CAs that may follow. */
  readonly pathLengthMax: number;
}

/** A self-signed CA. */
export async function issueRootCa(request: RootRequest): Promise<CertificateAuthority> {
  const certificate = await generateCertificate({
    subject: request.subject,
    publicKey: publicHalf(request.key),
    validity: request.validity,
    extensions: authorityExtensions(request.pathLengthMax),
    issuer: { selfSignedWith: request.key },
  });
  return { der: derOf(certificate), pem: pemOf(certificate), key: request.key };
}

export interface IssuingCaRequest {
  readonly key: KeyObject;
  readonly subject: SubjectName;
  readonly validity: Validity;
  readonly issuer: CertificateAuthority;
  /**
   * For a CA that issues to devices: only names below this organization, and no DNS name or address at all, so that
   * its certificates can never be a server's. A `urn:` has no host that a URI constraint could name.
   */
  readonly devicesOf?: string;
}

/** A CA under a root that issues leaves only (pathLen 0). */
export async function issueIssuingCa(request: IssuingCaRequest): Promise<CertificateAuthority> {
  const constraints = request.devicesOf === undefined ? [] : [deviceNameConstraints(request.devicesOf)];
  const certificate = await generateCertificate({
    subject: request.subject,
    publicKey: publicHalf(request.key),
    validity: request.validity,
    extensions: [...authorityExtensions(0), ...constraints],
    issuer: request.issuer,
  });
  return { der: derOf(certificate), pem: pemOf(certificate), key: request.key };
}

function authorityExtensions(pathLengthMax: number): Extension[] {
  return [
    new BasicConstraintsExtension(true, pathLengthMax, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
  ];
}

const NAME_CONSTRAINTS = '2.5.29.30';
const ORGANIZATION = '2.5.4.10';
const TAG_PERMITTED = 0xa0;
const TAG_EXCLUDED = 0xa1;
const TAG_DNS = 0x82;
const TAG_DIRECTORY = 0xa4;
const TAG_IP = 0x87;

/** NameConstraints, DER: the empty DNS name and the zero-length prefixes of both families cover all of their kind. */
function deviceNameConstraints(organization: string): Extension {
  const attribute = element(tags.sequence, objectIdentifier(ORGANIZATION), utf8String(organization));
  const directory = element(TAG_DIRECTORY, element(tags.sequence, element(tags.set, attribute)));
  const subtree = (base: Uint8Array): Uint8Array => element(tags.sequence, base);
  const excluded = [element(TAG_DNS), element(TAG_IP, new Uint8Array(8)), element(TAG_IP, new Uint8Array(32))];
  const value = element(
    tags.sequence,
    element(TAG_PERMITTED, subtree(directory)),
    element(TAG_EXCLUDED, ...excluded.map(subtree)),
  );
  return new Extension(NAME_CONSTRAINTS, true, new Uint8Array(value));
}
