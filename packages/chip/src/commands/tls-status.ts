import type { commands } from '@keystile/link';
import type { CommandHandler } from './handler.ts';

export const tlsStatus: CommandHandler<typeof commands.tlsStatus> = {
  handle: ({ sessions }, { handle }) => {
    const session = sessions.demand(handle);
    const { status } = session;
    return {
      phase: session.phase,
      policy: session.policy.name,
      serverName: session.serverName,
      protocol: status.protocol ?? '',
      cipherSuite: status.cipherSuite ?? '',
      group: status.group ?? '',
      alpn: status.alpn ?? '',
      clientAuthenticated: status.clientAuthenticated,
      peerCertificateDigest: session.peerCertificateDigest,
      failure: session.statedFailure,
      resumed: status.resumed,
      purpose: session.policy.purpose,
    };
  },
};
