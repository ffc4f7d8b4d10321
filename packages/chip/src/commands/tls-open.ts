import { KeystileError } from '@keystile/errors';
import { chainFields, type commands, decodeField, type KeySlot, type Policy, policiesFields } from '@keystile/link';
import type { TrustAnchor } from '@keystile/pki/path';
import {
  type ClientCertificate,
  type ClientStatus,
  checkClientCertificate,
  TlsClient,
  type TraceEvent,
} from '@keystile/tls';
import type { PartState } from '../memory/part-state.ts';
import { anchorsOf } from '../objects/check-object.ts';
import { madeOnce } from '../objects/made-once.ts';
import { demandObject } from '../objects/public-objects.ts';
import type { Part } from '../part.ts';
import { takeOver } from '../renewal/renewal.ts';
import { resumptionOf } from '../sessions/resumption.ts';
import { RevocationLists } from '../sessions/revocation-lists.ts';
import { demandListedServer } from '../sessions/server-name.ts';
import { serverVerifier } from '../sessions/server-verifier.ts';
import { SessionTrace } from '../sessions/session-trace.ts';
import { tlsPolicyOf } from '../sessions/tls-policy.ts';
import { TlsSession } from '../sessions/tls-session.ts';
import { handshakeOperations } from '../timing/handshake-operations.ts';
import type { CommandHandler } from './handler.ts';

export const tlsOpen: CommandHandler<typeof commands.tlsOpen> = {
  handle: (part, { policy: name, serverName }) => {
    const policy = demandPolicy(part.memory.state, name);
    demandListedServer(policy, serverName);
    part.time.demandToken(policy.tokenAgeHoursMax);
    part.sessions.demandRoom(policy.purpose);
    // Ephemeral keys come from what the source gives now, so that a source that has failed opens nothing.
    part.generator.reseed();
    const session = newSession(part, ordinarySession(part, policy, serverName));
    session.start();
    const handle = part.sessions.add(session);
    part.log.note('session-opened', policy.clientKey === 'none' ? 'without a key' : policy.clientKey);
    return { handle, progress: session.progress() };
  },
  usesDeviceKey: ({ memory }, { policy }) =>
    policiesOf(memory.state).some(({ name, clientKey }) => name === policy && clientKey !== 'none'),
};

function policiesOf(state: PartState): readonly Policy[] {
  const stored = state.objects.get('policies');
  return stored === undefined ? [] : decodedPolicies(stored);
}

const decodedPolicies = madeOnce((stored: Uint8Array) => decodeField(policiesFields, stored));

/** Throws `KS-C160`. */
export function demandPolicy(state: PartState, name: string): Policy {
  const policies = policiesOf(state);
  const policy = policies.find((each) => each.name === name);
  if (policy !== undefined) return policy;
  const names = policies.map((each) => `'${each.name}'`).join(', ') || 'none';
  throw new KeystileError('KS-C160', `there is no policy '${name}'; the part holds ${names}`);
}

/** What one session may do beyond its policy, and what follows from it. */
export interface SessionPlan {
  readonly policy: Policy;
  readonly serverName: string;
  readonly anchors: readonly TrustAnchor[];
  /** The key that authenticates the device; `none` never does. */
  readonly slot: KeySlot | 'none';
  /** Whether the policy is asked for resumption at all. */
  readonly resumes: boolean;
  readonly carriesData: boolean;
  /** The first time that it is connected. `provenMs`: a later time that the server's path has shown; 0 for none. */
  readonly onConnected: (status: ClientStatus, provenMs: number) => void;
  /** The server has sent something under its application keys. */
  readonly onAnswered?: () => Promise<void>;
}

function ordinarySession(part: Part, policy: Policy, serverName: string): SessionPlan {
  const { memory, time, boot, renewal, throttle } = part;
  const slot = policy.clientKey === 'none' ? 'none' : renewal.slotFor(memory.state, policy.clientKey);
  const renewed = slot === 'ldevid-spare' ? memory.state.objects.get('ldevid-spare-chain') : undefined;
  return {
    policy,
    serverName,
    anchors: anchorsOf(memory.state, 'server'),
    slot,
    resumes: true,
    carriesData: true,
    // Only now has the server shown that the certificate is its own.
    onConnected: ({ clientAuthenticated, resumed }, provenMs) => {
      time.raiseByCertificate(provenMs, throttle.allows('tlsPush'));
      // Only a full handshake shows that the device key still works.
      if (clientAuthenticated && !resumed) boot.prove();
    },
    ...(renewed === undefined ? {} : { onAnswered: () => takeOver(part, renewed) }),
  };
}

export function newSession(part: Part, plan: SessionPlan): TlsSession {
  const { signer, sessions, log, poweredMs } = part;
  const { policy, serverName, slot, onAnswered } = plan;
  const openedMs = poweredMs();
  const elapsedMs = (): number => poweredMs() - openedMs;
  const trace = new SessionTrace(elapsedMs);
  const lists = new RevocationLists();
  const budget = sessions.budgets.open(policy);
  const seen: Observations = { laterMs: 0, hasAnswered: false };
  return new TlsSession({
    policy,
    serverName,
    client: newClient(part, plan, { trace, lists, seen }),
    trace,
    lists,
    budget,
    elapsedMs,
    carriesData: plan.carriesData,
    sign: (input) => (slot === 'none' ? Promise.reject(noKey()) : signer.certificateVerify(slot, input)),
    onConnected: (status) => plan.onConnected(status, seen.laterMs),
    onPushed: async (status) => {
      if (seen.hasAnswered && status.clientAuthenticated && !status.resumed) await onAnswered?.();
    },
    onFailed: (code) => log.note('session-refused', code),
  });
}

/** What is learnt of a session while it goes on. */
interface Observations {
  /** The later time that the server's path has shown; 0 for none. */
  laterMs: number;
  hasAnswered: boolean;
}

interface SessionMemory {
  readonly trace: SessionTrace;
  readonly lists: RevocationLists;
  readonly seen: Observations;
}

function newClient(
  { memory, time, sessions, random, pace }: Part,
  { policy, serverName, anchors, slot, resumes }: SessionPlan,
  { trace, lists, seen }: SessionMemory,
): TlsClient {
  const onLaterTime = (provenMs: number): void => {
    seen.laterMs = provenMs;
  };
  const scope = { tickets: sessions.tickets, state: memory.state, policy, nowMs: () => time.nowMs };
  const resumption = resumes ? resumptionOf(scope) : undefined;
  return new TlsClient({
    policy: tlsPolicyOf(policy),
    serverName,
    verifier: serverVerifier({
      ...{ policy, anchors, time, lists, onLaterTime },
      seen: sessions.seen,
      onSignature: () => pace.spend('verify'),
    }),
    ...clientCertificateOf(memory.state, slot),
    random,
    ...(resumption === undefined ? {} : { resumption }),
    trace: (event) => {
      trace.record(event);
      for (const operation of handshakeOperations(event)) pace.spend(operation);
      seen.hasAnswered ||= isAnswer(event);
    },
  });
}

/**
 * In TLS 1.3 a client is connected before the server has judged its certificate. What a server sends after its own
 * handshake shows that it has: a ticket (RFC 8446 §4.6.1), or data.
 */
function isAnswer(event: TraceEvent): boolean {
  if (event.kind === 'application-data') return event.direction === 'received';
  return event.kind === 'message' && event.direction === 'received' && event.name === 'NewSessionTicket';
}

function noKey(): KeystileError {
  return new KeystileError('KS-C146', 'the policy names no client key');
}

function clientCertificateOf(
  state: PartState,
  slot: SessionPlan['slot'],
): { readonly clientCertificate?: ClientCertificate } {
  if (slot === 'none') return {};
  return { clientCertificate: checkedChain(demandObject(state, `${slot}-chain`)) };
}

const checkedChain = madeOnce((stored: Uint8Array): ClientCertificate => {
  const chain = decodeField(chainFields, stored);
  return checkClientCertificate({ chain, scheme: 'ecdsa_secp256r1_sha256' });
});
