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
export { type ConfigurationManifest, configurationManifest } from './statements/configuration-manifest.ts';
export { type FirmwareManifest, firmwareManifest } from './statements/firmware-manifest.ts';
export { type LockEvidence, lockEvidence } from './statements/lock-evidence.ts';
export { type LockOrder, lockOrder } from './statements/lock-order.ts';
export { type LogHead, logHead } from './statements/log-head.ts';
export { type LotManifest, lotManifest } from './statements/lot-manifest.ts';
export { type OperatorToken, operatorToken } from './statements/operator-token.ts';
export { type PairingEvidence, pairingEvidence } from './statements/pairing-evidence.ts';
export { type ProvisionEvidence, provisionEvidence } from './statements/provision-evidence.ts';
export { type TimeToken, timeToken } from './statements/time-token.ts';
