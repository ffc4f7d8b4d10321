export { checkConfiguration } from './configuration/check-configuration.ts';
export { configuredRules } from './configuration/configured-rules.ts';
export { parseConfiguration, readConfiguration } from './configuration/read-configuration.ts';
export type { Configuration } from './configuration/schema.ts';
export { type ProgramLog, programLog } from './log.ts';
export { type RunningBroker, type StartBroker, startBroker } from './start-broker.ts';
