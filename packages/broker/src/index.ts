export { defaultRules } from './access/default-rules.ts';
export { explainDecision, type Question } from './access/explain.ts';
export type { AccessRule, Action, Decision } from './access/rules.ts';
export { type ClientIdPolicy, type ClientsAtOnce, defaultClientsAtOnce } from './admission/client-id.ts';
export { type Identity, parseIdentity, type Role } from './admission/identity.ts';
export { type Credentials, type IssuerRevocations, normalSerial, type Revocation } from './admission/revocations.ts';
export type { AuthenticationOptions, MethodDemand } from './authentication/authentication.ts';
export {
  type EvidenceContext,
  EvidenceMethod,
  type EvidenceVerifier,
} from './authentication/evidence-method.ts';
export type {
  AuthenticationExchange,
  AuthenticationMethod,
  AuthenticationProgress,
  AuthenticationStep,
  AuthenticationSubject,
  TlsChannel,
} from './authentication/method.ts';
export { Broker, type BrokerOptions, type Output } from './broker.ts';
export type { Connection } from './connection/connection.ts';
export type { ListenerPolicy, Peer } from './connection/parts.ts';
export type { Census, Counters } from './counters.ts';
export { defaultLimits, type Limits } from './limits.ts';
export type { BrokerEvent, EventSink } from './log.ts';
export { MemoryStore } from './store/memory-store.ts';
export type { Store } from './store/store.ts';
export type { Traced } from './tracing.ts';
