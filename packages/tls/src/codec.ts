/**
 * The codecs and key schedule, for peers that must be able to say anything: the hostile server, conformance shims.
 * Nothing here authenticates anybody; a client is made with `@keystile/tls` alone.
 */
export { type Alert, alertCodes } from './alerts.ts';
export { cipherSuiteCodes, type Group, groupCodes, protocolVersions, signatureSchemeCodes } from './codepoints.ts';
export { encodeProtocols } from './extensions/alpn.ts';
export { encodeCodeList } from './extensions/code-list.ts';
export { encodeCookie } from './extensions/cookie.ts';
export { type Extension, ExtensionBlock, type ExtensionName, extensionCodes } from './extensions/extension.ts';
export { decodeClientShares, encodeSelectedGroup, encodeServerShare } from './extensions/key-share.ts';
export { decodeOfferedPsks, encodeSelectedIdentity } from './extensions/pre-shared-key.ts';
export { encodeRecordSizeLimit } from './extensions/record-size-limit.ts';
export { encodeFirstNegotiation } from './extensions/renegotiation-info.ts';
export { encodeStapledOcsp } from './extensions/status-request.ts';
export { encodeSelectedVersion } from './extensions/supported-versions.ts';
export { startKeyExchange } from './groups/key-exchange.ts';
export { encodeCertificate } from './messages/certificate.ts';
export { encodeCertificateRequest } from './messages/certificate-request.ts';
export { encodeCertificateVerify } from './messages/certificate-verify.ts';
export { type ClientHello, decodeClientHello } from './messages/client-hello.ts';
export { encodeEncryptedExtensions } from './messages/encrypted-extensions.ts';
export { encodeFinished } from './messages/finished.ts';
export { encodeKeyUpdate } from './messages/key-update.ts';
export { type HandshakeMessage, type HandshakeType, handshakeTypes } from './messages/message.ts';
export { encodeNewSessionTicket, type NewSessionTicket } from './messages/new-session-ticket.ts';
export { encodeServerHello, retryRequestRandom } from './messages/server-hello.ts';
export { contentTypes } from './record/content-type.ts';
export { type Protection, RecordProtection } from './record/protection.ts';
export {
  type ApplicationStage,
  type ApplicationTraffic,
  type HandshakeStage,
  type Psk,
  startResumedSchedule,
  startSchedule,
} from './schedule/stages.ts';
export { Transcript } from './schedule/transcript.ts';
export { certificateVerifyContent } from './signature.ts';
export { type SuiteParameters, suiteParameters } from './suites.ts';
export { encodeTls12Certificate } from './tls12/messages/certificate.ts';
export { encodeTls12CertificateRequest, type Tls12CertificateRequest } from './tls12/messages/certificate-request.ts';
export { encodeCertificateStatus } from './tls12/messages/certificate-status.ts';
export { decodeClientKeyExchange } from './tls12/messages/client-key-exchange.ts';
export { encodeHelloRequest } from './tls12/messages/hello-request.ts';
export { encodeTls12SessionTicket } from './tls12/messages/new-session-ticket.ts';
export { encodeServerHelloDone } from './tls12/messages/server-hello-done.ts';
export { encodeEcdhParams, encodeServerKeyExchange } from './tls12/messages/server-key-exchange.ts';
export { extendedMaster, type MasterStage, type ResumableMaster } from './tls12/stages.ts';
