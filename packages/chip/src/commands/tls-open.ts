import { KeystileError } from '@keystile/errors';
import { chainFields, type commands, decodeField, type Policy, policiesFields } from '@keystile/link';
import { type ClientCertificate, TlsClient } from '@keystile/tls';
import type { PartState } from '../memory/part-state.ts';
import { anchorsOf, storedList } from '../objects/check-object.ts';
import { demandObject } from '../objects/public-objects.ts';
import type { Part } from '../part.ts';
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
    const session = newSession(part, policy, serverName);
    session.start();
    const handle = part.sessions.add(session);
    part.log.note('session-opened', policy.clientKey === 'none' ? 'without a key' : policy.clientKey);
    return { handle, progress: session.progress() };
  },
  usesDeviceKey: ({ memory }, { policy }) =>
    policiesOf(memory.state).some(({ name, clientKey }) => name === policy && clientKey !== 'none'),
};

function policiesOf(state: PartState): readonly Policy[] {
  return storedList(state, 'policies', policiesFields);
}

/** Throws `KS-C160`. */
function demandPolicy(state: PartState, name: string): Policy {
  const policies = policiesOf(state);
  const policy = policies.find((each) => each.name === name);
  if (policy !== undefined) return policy;
  const names = policies.map((each) => `'${each.name}'`).join(', ') || 'none';
  throw new KeystileError('KS-C160', `there is no policy '${name}'; the part holds ${names}`);
}

function newSession(part: Part, policy: Policy, serverName: string): TlsSession {
  const { memory, time, boot, signer, sessions, throttle, log, poweredMs, pace } = part;
  const openedMs = poweredMs();
  const elapsedMs = (): number => poweredMs() - openedMs;
  const trace = new SessionTrace(elapsedMs);
  const lists = new RevocationLists();
  const budget = sessions.budgets.open(policy);
  let laterMs = 0;
  const verifier = serverVerifier({
    policy,
    anchors: anchorsOf(memory.state),
    time,
    lists,
    onLaterTime: (provenMs) => {
      laterMs = provenMs;
    },
    onSignature: () => pace.spend('verify'),
  });
  const resumption = resumptionOf({
    tickets: sessions.tickets,
    state: memory.state,
    policy,
    nowMs: () => time.nowMs,
  });
  const client = new TlsClient({
    policy: tlsPolicyOf(policy),
    serverName,
    verifier,
    ...clientCertificateOf(memory.state, policy),
    random: part.random,
    ...(resumption === undefined ? {} : { resumption }),
    trace: (event) => {
      trace.record(event);
      for (const operation of handshakeOperations(event)) pace.spend(operation);
    },
  });
  return new TlsSession({
    policy,
    serverName,
    client,
    trace,
    lists,
    budget,
    elapsedMs,
    sign: (slot, input) => signer.certificateVerify(slot, input),
    // Only now has the server shown that the certificate is its own.
    onConnected: ({ clientAuthenticated, resumed }) => {
      time.raiseByCertificate(laterMs, throttle.allows('tlsPush'));
      // Only a full handshake shows that the device key still works.
      if (clientAuthenticated && !resumed) boot.prove();
    },
    onFailed: (code) => log.note('session-refused', code),
  });
}

function clientCertificateOf(state: PartState, policy: Policy): { readonly clientCertificate?: ClientCertificate } {
  if (policy.clientKey === 'none') return {};
  const chain = decodeField(chainFields, demandObject(state, `${policy.clientKey}-chain`));
  return { clientCertificate: { chain, scheme: 'ecdsa_secp256r1_sha256' } };
}
