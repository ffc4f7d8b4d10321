export type { ClientSpeech } from './tls/client-records.ts';
export {
  extension,
  type HostileCredential,
  HostileServer,
  type ServerHelloLies,
  type TicketContent,
} from './tls/hostile-server.ts';
