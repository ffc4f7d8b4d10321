import { createHash } from 'node:crypto';
import {
  EVIDENCE_EXPORTER,
  EVIDENCE_PROFILE,
  type Evidence,
  entityId,
  evidence as evidenceStatement,
  type TamperEvidence,
  tamperEvidence,
} from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import type { commands } from '@keystile/link';
import { lifeCycleOf } from '../memory/life-cycle.ts';
import type { Part } from '../part.ts';
import type { TlsSession } from '../sessions/tls-session.ts';
import type { CommandHandler } from './handler.ts';

/**
 * What the part is, said to the server of one session (ARCHITECTURE section 4.5).
 *
 * A part in order says it only where it has shown its certificate, so that evidence and identity are of one session. A
 * tampered part has no certificate left to show: it says that it is tampered, and no more, on any connected session.
 */
export const evidence: CommandHandler<typeof commands.evidence> = {
  handle: async (part, { handle, nonce }) => {
    const session = part.sessions.demand(handle);
    const statement = await stated(part, session, nonce.slice());
    // A reset that came while the vault signed ended the session, and with it what was stated.
    if (part.sessions.demand(handle) !== session) throw new KeystileError('KS-C163');
    return { statement };
  },
};

function stated(part: Part, session: TlsSession, nonce: Uint8Array): Promise<Uint8Array> {
  const { tamperCause } = part.memory;
  if (tamperCause !== undefined) {
    demandConnected(session);
    const report: TamperEvidence = {
      ...aboutPart(part, session, nonce),
      tampered: true,
      lifeCycle: 'tampered',
      cause: tamperCause,
    };
    return part.signer.statement(tamperEvidence, report);
  }
  demandConnected(session);
  demandClientAuthentication(session);
  const { memory, boot } = part;
  const anchors = memory.state.objects.get('anchors') ?? new Uint8Array(0);
  const claims: Evidence = {
    ...aboutPart(part, session, nonce),
    tampered: false,
    lifeCycle: operational(part),
    bootAuthorized: boot.state === 'passed',
    bootState: boot.state,
    anchorsDigest: new Uint8Array(createHash('sha256').update(anchors).digest()),
    components: boot.components,
  };
  return part.signer.statement(evidenceStatement, claims);
}

type AboutPart = Omit<TamperEvidence, 'tampered' | 'lifeCycle' | 'cause'>;

function aboutPart({ memory, sessions, exporter }: Part, session: TlsSession, nonce: Uint8Array): AboutPart {
  const { serial, keys, bootCount } = memory.state;
  const attestation = keys.get('attestation');
  if (attestation === undefined) throw new KeystileError('KS-C146', 'the part has no attestation key');
  const { protocol, cipherSuite, clientAuthenticated, resumed } = session.status;
  if (protocol === undefined || cipherSuite === undefined) throw notConnected();
  return {
    profile: EVIDENCE_PROFILE,
    nonce,
    serial,
    ueid: entityId(attestation.publicKey),
    bootCount,
    sessionCount: sessions.opened,
    nvmGeneration: memory.generation,
    session: {
      policy: session.policy.name,
      serverName: session.serverName,
      protocol,
      cipherSuite,
      peerCertificateDigest: session.peerCertificateDigest,
      exporter: exporter(session, { ...EVIDENCE_EXPORTER, context: nonce }),
      clientAuthenticated,
      resumed,
    },
  };
}

function demandConnected({ phase }: TlsSession): void {
  if (phase !== 'connected') throw notConnected();
}

function demandClientAuthentication({ status, policy }: TlsSession): void {
  if (status.clientAuthenticated) return;
  throw new KeystileError('KS-C230', `the session under policy '${policy.name}' showed no client certificate`);
}

function notConnected(): KeystileError {
  return new KeystileError('KS-C230', 'the session is not connected');
}

/** The access rule lets no other in; what is signed does not rest on that. */
function operational({ memory }: Part): 'operational' {
  const lifeCycle = lifeCycleOf(memory);
  if (lifeCycle === 'operational') return lifeCycle;
  throw new KeystileError('KS-C110', `evidence is of an operational part; this one is ${lifeCycle}`);
}
