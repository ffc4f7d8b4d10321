export { decodeEvidenceAnswer, type EvidenceAnswer, encodeEvidenceAnswer } from './evidence/evidence-answer.ts';
export {
  type EvidenceChannel,
  type EvidenceExpectation,
  entityId,
  verifyEvidence,
} from './evidence/verify-evidence.ts';
export {
  type Es256Signer,
  encodeProtectedHeader,
  peekStatement,
  type StatementToSign,
  signStatement,
  sigStructure,
  type UnverifiedStatement,
  type Verification,
  verifyStatement,
} from './sign1.ts';
export type { StatementKind } from './statement.ts';
export { type AdministrationResponse, administrationResponse } from './statements/administration-response.ts';
export {
  type AdministratorCommand,
  type AdministratorOperation,
  administratorCommand,
} from './statements/administrator-command.ts';
export { type CommitReceipt, commitReceipt } from './statements/commit-receipt.ts';
export { type ConfigurationManifest, configurationManifest } from './statements/configuration-manifest.ts';
export {
  EVIDENCE_EXPORTER,
  EVIDENCE_METHOD,
  EVIDENCE_NONCE_LENGTH,
  EVIDENCE_PROFILE,
  type Evidence,
  evidence,
  type TamperEvidence,
  tamperEvidence,
} from './statements/evidence.ts';
export { type FirmwareManifest, firmwareManifest } from './statements/firmware-manifest.ts';
export { type LockEvidence, lockEvidence } from './statements/lock-evidence.ts';
export { type LockOrder, lockOrder } from './statements/lock-order.ts';
export { type LogHead, logHead } from './statements/log-head.ts';
export { type LotManifest, lotManifest } from './statements/lot-manifest.ts';
export { type OperatorToken, operatorToken } from './statements/operator-token.ts';
export { type PairingEvidence, pairingEvidence } from './statements/pairing-evidence.ts';
export { type ProvisionEvidence, provisionEvidence } from './statements/provision-evidence.ts';
export { type TimeToken, timeToken } from './statements/time-token.ts';
