export { certificateDigest, parseTrustAnchor, type TrustAnchor } from './anchor.ts';
export { type Certificate, parseCertificate, subjectUris } from './certificate.ts';
export { certificationRequest, certificationRequestInfo, type RequestContent } from './certification-request.ts';
export { parseIpAddress } from './ip-address.ts';
export type { RevocationRequest } from './revocation/check-revocation.ts';
export { type OcspAnswer, parseOcspResponse } from './revocation/ocsp-response.ts';
export type { RevocationPolicy, RevocationRule } from './revocation/policy.ts';
export { type VerifiedRevocationList, verifyRevocationList } from './revocation/verified-list.ts';
export { SeenCertificates } from './seen-certificates.ts';
export { coversHostName, hostName } from './server-identity.ts';
export {
  type PathRequest,
  type ServerPathRequest,
  type ValidatedPath,
  validateAttestationPath,
  validateClientPath,
  validateServerPath,
} from './validate.ts';
