export type { ClientSpeech } from './tls/client-records.ts';
export {
  extension,
  type HostileCredential,
  HostileServer,
  type ServerHelloLies,
  type TicketContent,
} from './tls/hostile-server.ts';
export { acknowledgement, HostileTls12Server, type KeyExchangeLies } from './tls/hostile-tls12-server.ts';
