export { createFleet, type FleetOptions } from './ceremony/create-fleet.ts';
export { type CredentialState, type Credentials, ensureCredentials } from './ceremony/credentials.ts';
export type { CertificateAuthority, Fleet } from './ceremony/fleet.ts';
export { openFleet } from './ceremony/open-fleet.ts';
export type { Line, ProvisionedDevice } from './factory/line.ts';
export { type MadePart, type MakerStep, makePart } from './factory/maker-step.ts';
export type { PairableCaller, PartCaller } from './factory/part-caller.ts';
export { fleetPolicy, type PolicyScope, recoveryPolicy } from './factory/policy.ts';
export { provisionPart, provisionUnpairedPart } from './factory/provision-part.ts';
export { type DeviceEntry, type PartEntry, Registry } from './factory/registry.ts';
export { readBootKey, readBootPublicKey } from './release/boot-key.ts';
export { type Release, type SignedRelease, signRelease } from './release/sign-release.ts';
export { type ReleaseImages, type VerifiedRelease, verifyRelease } from './release/verify-release.ts';
export {
  authorityFolder,
  CONSOLE_OPERATOR_ID,
  type CredentialName,
  certificateAuthorityPaths,
  controlSocketPath,
  credentialPaths,
  OPERATOR_ID,
  registryPath,
  SERVICE_ID,
  statementKeyPath,
} from './state/layout.ts';
export { signTimeToken, type TimeClaims } from './time/time-token.ts';

/** The program that serves console and time: started as a process of its own, with `--home` and ports. */
export const servicePath: URL = new URL('./main.ts', import.meta.url);
