export { type Agent, type AgentOptions, startAgent } from './agent.ts';
export type { EvidenceUse } from './client-relay.ts';
export { ClientSecrets, loadClientSecrets } from './client-secrets.ts';
export { type ListenPlace, parseListenPlace } from './listen.ts';
export type { AgentEvent, AgentLog } from './log.ts';
export type { RenewalOptions } from './renewal-watch.ts';
