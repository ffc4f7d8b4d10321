import { Random } from '../random.ts';
import { type CaseResult, type Suite, type SuiteOptions, sampled } from '../suite.ts';
import { type Cell, chainLengths, groups, isCell, nameOfCell, recordKinds, suites } from '../tls-interop/cell.ts';
import { Credentials } from '../tls-interop/credentials.ts';
import { runCell } from '../tls-interop/handshake.ts';
import { loopback, NetworkNamespace } from '../tls-interop/network.ts';
import { allRows, pairwise } from '../tls-interop/pairwise.ts';
import type { Peer, PeerSite } from '../tls-interop/peer.ts';
import { gnutls } from '../tls-interop/peers/gnutls.ts';
import { mosquitto } from '../tls-interop/peers/mosquitto.ts';
import { node } from '../tls-interop/peers/node.ts';
import { nss } from '../tls-interop/peers/nss.ts';
import { openssl } from '../tls-interop/peers/openssl.ts';
import { probePeer } from '../tls-interop/probe.ts';

/**
 * `connect` of @keystile/tls against TLS servers of others. For each: every suite with every group, and a pairwise cover
 * of all that the matrix crosses. What a peer lacks is found by a client that is not ours.
 */
export const suite: Suite = {
  title: 'the TLS client against OpenSSL, GnuTLS, NSS, node:tls and Mosquitto',
  run,
};

const peers: readonly Peer[] = [openssl, gnutls, nss, node, mosquitto];

async function* run({ seed, stride }: SuiteOptions): AsyncGenerator<CaseResult> {
  const credentials = new Credentials(Date.now());
  const namespaceAbsence = NetworkNamespace.absence();
  const namespace = namespaceAbsence === undefined ? await NetworkNamespace.open(credentials.folder) : undefined;
  try {
    // Most of the time is spent in waiting for servers to start, so the peers go side by side.
    const results = peers.map((peer) => {
      const network = namespace ?? (peer.needsNamespace ? undefined : loopback);
      const absence = network === undefined ? namespaceAbsence : absenceOf(peer);
      if (network === undefined || absence !== undefined) {
        return [{ outcome: 'skipped', case: peer.name, reason: absence ?? 'no network' } as const];
      }
      return collected(judge({ peer, credentials, network }, { seed, stride }));
    });
    for (const ofPeer of await Promise.all(results)) yield* ofPeer;
  } finally {
    await namespace?.close();
    credentials.remove();
  }
}

async function collected(results: AsyncIterable<CaseResult>): Promise<readonly CaseResult[]> {
  const all: CaseResult[] = [];
  for await (const result of results) all.push(result);
  return all;
}

/** Why the peer cannot be run here, or undefined. */
function absenceOf(peer: Peer): string | undefined {
  try {
    peer.demandInstalled();
    return undefined;
  } catch (error) {
    return `not installed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

const domain = {
  suite: suites,
  group: groups,
  chainLength: chainLengths,
  clientAuthentication: [false, true],
  retry: [false, true],
  records: recordKinds,
  resumption: [false, true],
} as const;

async function* judge(
  site: PeerSite,
  { seed, stride }: Pick<SuiteOptions, 'seed' | 'stride'>,
): AsyncGenerator<CaseResult> {
  const { name } = site.peer;
  const support = await probePeer(site);
  const unsupported = (what: string, lack: string): CaseResult => ({
    outcome: 'skipped',
    case: `${name}: ${what}`,
    reason: `unsupported by peer ${name}: ${lack}`,
  });
  for (const { feature, reason } of support.lacks) yield unsupported(feature, reason);
  if (!support.hasBasics) {
    yield {
      outcome: 'failed',
      case: `${name}: probe`,
      reason: 'it does not do the plainest handshake of each version',
    };
    return;
  }
  const cells = allRows<Cell>(domain, isCell);
  const possible = cells.filter((cell) => support.lackFor(cell) === undefined);
  const chosen = [...cells.filter(isPlain), ...pairwise(possible, new Random(seed))];
  const named = new Map(chosen.map((cell) => [nameOfCell(cell), cell]));
  for (const [cellName, cell] of sampled([...named], stride)) {
    const lack = support.lackFor(cell);
    if (lack === undefined) yield await resultOf(site, cell, `${name}: ${cellName}`);
    else yield unsupported(cellName, lack);
  }
}

/** Every suite with every group, and nothing else. */
function isPlain({ chainLength, clientAuthentication, retry, records, resumption }: Cell): boolean {
  return chainLength === 1 && !clientAuthentication && !retry && records === 'whole' && !resumption;
}

async function resultOf(site: PeerSite, cell: Cell, name: string): Promise<CaseResult> {
  try {
    await runCell(site, cell);
    return { outcome: 'passed', case: name };
  } catch (error) {
    return { outcome: 'failed', case: name, reason: error instanceof Error ? error.message : String(error) };
  }
}
