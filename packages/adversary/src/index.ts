export type { ClientSpeech } from './tls/client-records.ts';
export { extension, type HostileCredential, HostileServer, type ServerHelloLies } from './tls/hostile-server.ts';
