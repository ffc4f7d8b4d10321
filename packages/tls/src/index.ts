/** The engine's public face. Codecs for hostile peers and conformance tools are in `@keystile/tls/codec`. */
export { type Alert, alertCodes, alertFor } from './alerts.ts';
export { type ClientCertificate, checkClientCertificate } from './client/client-certificate.ts';
export { type ClientOptions, type ClientStatus, TlsClient } from './client/connection.ts';
export type { SignRequest } from './client/expect-signature.ts';
export type { KeyEpoch, Trace, TraceEvent } from './client/trace.ts';
export type { CertificateVerifier, ServerCertificateRequest, VerifiedServerPath } from './client/verifier.ts';
export type { CipherSuite, Group, SignatureScheme } from './codepoints.ts';
export { nistPrivateKey } from './groups/private-key.ts';
export { type CheckedTlsPolicy, checkTlsPolicy, defaultTlsPolicy, type TlsPolicy } from './policy.ts';
export type { Resumption } from './resumption/resumption.ts';
export { type DropEvent, TicketStore } from './resumption/ticket-store.ts';
export { hkdfExpandLabel, hkdfExtract } from './schedule/hkdf.ts';
