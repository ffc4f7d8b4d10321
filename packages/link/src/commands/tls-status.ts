import { command } from '../command.ts';
import { bytes16, choice, flag, optional, record, text } from '../fields.ts';
import { policyPurpose } from '../objects/policies.ts';
import { sessionHandle, tlsFailureFields, tlsPhaseNames } from '../objects/tls-progress.ts';

export const tlsStatus = command({
  name: 'TLS_STATUS',
  opcode: 0x55,
  group: 'tls',
  summary: 'Says what a session has negotiated, in the names of the IANA registries, and why it failed if it did.',
  request: record({ handle: sessionHandle }),
  result: record({
    phase: choice(tlsPhaseNames),
    policy: text(32),
    serverName: text(253),
    /** `TLSv1.3` or `TLSv1.2`, or empty before it is known. */
    protocol: text(16),
    cipherSuite: text(64),
    group: text(32),
    alpn: text(32),
    /** True once the part has sent its certificate and signature. */
    clientAuthenticated: flag,
    /** SHA-256 of the server's certificate; empty before it is verified. */
    peerCertificateDigest: bytes16(32),
    failure: optional(tlsFailureFields),
    /** By a ticket of an earlier session, which is where both ends were authenticated. */
    resumed: flag,
    /** What the policy is for; recovery shows no certificate. */
    purpose: policyPurpose,
  }),
});
