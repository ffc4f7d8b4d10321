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
export { RecordProtection } from './record/protection.ts';
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
