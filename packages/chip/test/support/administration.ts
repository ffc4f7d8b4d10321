import { createHash } from 'node:crypto';
import type { AdministratorOperation } from '@keystile/cose';
import { encodeField, type Policy, policiesFields } from '@keystile/link';
import type { CertificateAuthority } from '@keystile/pki/issue';
import {
  type EchoServer,
  echoServer,
  type InProcessPart,
  SERVER_NAME,
  strangerRoot,
  type TestFleet,
} from '@keystile/testkit';
import { HandDrivenSession } from './hand-driven-session.ts';

/** What a change of roots is played with: the fleet's own root, a new one, and a server under each. */
export interface TwoRoots {
  readonly oldDigest: Uint8Array;
  readonly newDigest: Uint8Array;
  readonly newRoot: CertificateAuthority;
  /** An issuing CA under it. */
  readonly newCa: CertificateAuthority;
  readonly oldServer: EchoServer;
  readonly newServer: EchoServer;
  close(): Promise<void>;
}

export async function twoRoots(fleet: TestFleet): Promise<TwoRoots> {
  const { root: newRoot, serverCa } = await strangerRoot(fleet.clock.ms);
  const oldServer = await echoServer({ ...(await fleet.server()), ...fleet.demandsDevice });
  const newServer = await echoServer({ ...(await fleet.server({ issuer: serverCa })), ...fleet.demandsDevice });
  return {
    oldDigest: sha256(fleet.fleet.authorities.root.der),
    newDigest: sha256(newRoot.der),
    newRoot,
    newCa: serverCa,
    oldServer,
    newServer,
    close: async () => {
      await Promise.all([oldServer.close(), newServer.close()]);
    },
  };
}

export function addRoot(
  { newRoot }: TwoRoots,
  policies: readonly string[] = ['fleet', 'recovery'],
): AdministratorOperation {
  return { kind: 'add-root', certificate: newRoot.der, purposes: ['server'], policies };
}

export function replacePolicies(policies: readonly Policy[]): AdministratorOperation {
  return { kind: 'replace-policies', policies: encodeField(policiesFields, policies) };
}

/** The proof of a staged change, whole. */
export async function prove(
  part: Pick<InProcessPart, 'call'>,
  { port }: EchoServer,
  serverName = SERVER_NAME,
): Promise<void> {
  const session = await HandDrivenSession.connect(part, port, { isProof: true, serverName });
  await session.close();
}

/** An ordinary connection that carries a line there and back. */
export async function connects(part: Pick<InProcessPart, 'call'>, { port }: EchoServer): Promise<void> {
  const session = await HandDrivenSession.connect(part, port);
  await session.write('line');
  await session.receives('line');
  await session.close();
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}
