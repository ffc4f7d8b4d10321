import { createHash } from 'node:crypto';
import { equalPublicBytes } from '@keystile/bytes';
import type { AdministratorCommand } from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import type { commands } from '@keystile/link';
import { certificateDigest, type TrustAnchor } from '@keystile/pki/path';
import type { ClientStatus } from '@keystile/tls';
import type { CandidateChange } from '../administration/administration.ts';
import { anchorsOf } from '../objects/check-object.ts';
import type { Part } from '../part.ts';
import type { CommandHandler } from './handler.ts';
import { demandPolicy, newSession } from './tls-open.ts';

/**
 * The one connection that sees a staged change before it is committed. A root that is added serves nothing else until
 * then: no application data, no time, no proof of a boot.
 */
export const proofOpen: CommandHandler<typeof commands.proofOpen> = {
  handle: (part, { policy: name, serverName }) => {
    const candidate = part.administration.candidate();
    demandNamed(candidate.command, serverName);
    // It may have the session that applications leave alone: a change of roots is how a device is kept reachable.
    const policy = { ...demandPolicy(candidate.state, name), purpose: 'administration' as const };
    if (policy.clientKey === 'none') {
      throw new KeystileError('KS-C212', `policy '${name}' shows no client certificate, which a proof needs`);
    }
    part.time.demandToken(policy.tokenAgeHoursMax);
    part.sessions.demandRoom(policy.purpose);
    const session = newSession(part, {
      policy,
      serverName,
      anchors: provingAnchors(candidate),
      slot: policy.clientKey,
      resumes: false,
      carriesData: false,
      onConnected: (status) => prove(part, candidate, { serverName, status }),
    });
    session.start();
    const handle = part.sessions.add(session);
    return { handle, progress: session.progress() };
  },
  usesDeviceKey: () => true,
};

function demandNamed({ proofServerNames }: AdministratorCommand, serverName: string): void {
  if (proofServerNames.includes(serverName)) return;
  throw new KeystileError(
    'KS-C212',
    `the command names ${proofServerNames.join(', ')}; the host asked for ${serverName}`,
  );
}

/** The root that is added, if one is added for servers; else any that stays. */
function provingAnchors({ command, state }: CandidateChange): readonly TrustAnchor[] {
  const anchors = anchorsOf(state, 'server');
  const added = command.operations.flatMap((operation) =>
    operation.kind === 'add-root' && operation.purposes.includes('server')
      ? [certificateDigest(operation.certificate)]
      : [],
  );
  if (added.length === 0) return anchors;
  return anchors.filter(({ digest }) => added.some((each) => equalPublicBytes(each, digest)));
}

function prove(
  { administration }: Part,
  { commandDigest }: CandidateChange,
  { serverName, status }: { readonly serverName: string; readonly status: ClientStatus },
): void {
  const { serverPath, clientAuthenticated, resumed } = status;
  const leaf = serverPath?.path[0];
  if (serverPath === undefined || leaf === undefined || !clientAuthenticated || resumed) return;
  administration.prove(commandDigest, {
    serverName,
    anchorDigest: serverPath.anchorDigest,
    peerCertificateDigest: new Uint8Array(createHash('sha256').update(leaf).digest()),
  });
}
