export type { ClientSpeech } from './tls/client-records.ts';
export { Fleet, Tls12Fleet } from './tls/fleet.ts';
export {
  extension,
  type HostileCredential,
  HostileServer,
  type ServerHelloLies,
  type TicketContent,
} from './tls/hostile-server.ts';
export { acknowledgement, HostileTls12Server, type KeyExchangeLies } from './tls/hostile-tls12-server.ts';
export { type Party, party } from './tls/party.ts';
export { Talk, type TalkOptions, Tls12Talk } from './tls/talk.ts';
