export { type AccessFacts, type AccessRule, accessRules, type BootCondition } from './access/rules.ts';
export { handlers } from './commands/index.ts';
export { type TamperCause, tamperCauses } from './memory/fuse.ts';
export type { PartMemory } from './memory/part-memory.ts';
export type { PoweredClock, RandomSource, Slot, SlotStorage } from './ports.ts';
export { type PartSummary, SecurePart, type SecurePartPorts } from './secure-part.ts';
export type { Operation, Pace } from './timing/pace.ts';
export { SoftwareVault } from './vault/software-vault.ts';
export type { GeneratedKey, SigningOrder, SigningPurpose, Vault } from './vault/vault.ts';
