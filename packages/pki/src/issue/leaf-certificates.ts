import { CLIENT_AUTH, SERVER_AUTH } from '../path/extensions/extended-key-usage.ts';
import { parseIpAddress } from '../path/ip-address.ts';
import type { CertificateAuthority, IssuedCertificate, SubjectName, Validity } from './certificate-authority.ts';
import { derOf, generateCertificate, pemOf } from './generator.ts';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralNames,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
} from './x509-library.ts';

export interface LeafRequest {
  readonly issuer: CertificateAuthority;
  readonly subject: SubjectName;
  /** SubjectPublicKeyInfo, DER. The caller has checked that its owner holds the private half. */
  readonly publicKey: Uint8Array;
  readonly validity: Validity;
}

/** For a server: serverAuth, and its names, DNS names or IP addresses. */
export function issueServerCertificate(
  request: LeafRequest & { readonly names: readonly string[] },
): Promise<IssuedCertificate> {
  const names = request.names.map(
    (value) => ({ type: parseIpAddress(value) === undefined ? 'dns' : 'ip', value }) as const,
  );
  return issueLeaf(request, names, SERVER_AUTH);
}

/** For a device, application, operator or service: clientAuth, and its identity as the one URI. */
export function issueClientCertificate(
  request: LeafRequest & { readonly identity: string },
): Promise<IssuedCertificate> {
  return issueLeaf(request, [{ type: 'url', value: request.identity }], CLIENT_AUTH);
}

/** For the attestation key of a part: no use in TLS at all. */
export function issueAttestationCertificate(request: LeafRequest): Promise<IssuedCertificate> {
  return issueLeaf(request, [], undefined);
}

async function issueLeaf(
  request: LeafRequest,
  names: JsonGeneralNames,
  purpose: string | undefined,
): Promise<IssuedCertificate> {
  const extensions: Extension[] = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
  ];
  if (purpose !== undefined) extensions.push(new ExtendedKeyUsageExtension([purpose]));
  if (names.length > 0) extensions.push(new SubjectAlternativeNameExtension(names));
  const certificate = await generateCertificate({ ...request, extensions });
  return {
    chain: [derOf(certificate), request.issuer.der],
    pem: pemOf(certificate) + request.issuer.pem,
    serialNumber: certificate.serialNumber,
    expiresAt: certificate.notAfter,
  };
}
