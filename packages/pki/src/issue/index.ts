export { type IssuingCaRequest, issueIssuingCa, issueRootCa, type RootRequest } from './ca-certificates.ts';
export type { CertificateAuthority, IssuedCertificate, SubjectName, Validity } from './certificate-authority.ts';
export { type ParsedRequest, parseCertificationRequest } from './certification-request.ts';
export {
  issueAttestationCertificate,
  issueClientCertificate,
  issueServerCertificate,
  type LeafRequest,
} from './leaf-certificates.ts';
