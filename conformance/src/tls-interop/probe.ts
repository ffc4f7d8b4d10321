import { once } from 'node:events';
import tls from 'node:tls';
import type { CipherSuite, Group } from '@keystile/tls';
import { type Cell, groups, isCell, suites, type Version, versionOf } from './cell.ts';
import { serverName } from './credentials.ts';
import { opensslCurve, opensslSuite, opensslVersion } from './openssl-names.ts';
import type { PeerSite, RunningServer } from './peer.ts';

/**
 * What a peer has, found with a client that is not ours: Node's own, whose OpenSSL knows every suite and group of the
 * matrix. A fault of ours can therefore not pass for a lack of the peer.
 */
export class Support {
  readonly #lacks: ReadonlyMap<string, string>;

  constructor(lacks: ReadonlyMap<string, string>) {
    this.#lacks = lacks;
  }

  /** Everything that was found wanting, and how the peer said so. */
  get lacks(): readonly Lack[] {
    return [...this.#lacks].map(([feature, reason]) => ({ feature, reason }));
  }

  /** Whether the plainest handshake of each version works. A peer that is there and lacks that has been set up wrongly. */
  get hasBasics(): boolean {
    return Object.values(plainestSuite).every((suite) => !this.#lacks.has(suite));
  }

  /** What of this cell the peer does not have, or undefined. */
  lackFor(cell: Cell): string | undefined {
    return featuresOf(cell).find((feature) => this.#lacks.has(feature));
  }
}

interface Lack {
  readonly feature: string;
  readonly reason: string;
}

interface Probe {
  readonly feature: string;
  readonly cell: Cell;
}

export async function probePeer(site: PeerSite): Promise<Support> {
  const lacks = new Map<string, string>();
  if (!site.peer.cutsRecords) lacks.set('small records', 'it has no setting for the length of its records');
  const present = new Set<string>();
  for (const { feature, cell } of probes) {
    if (present.has(feature)) continue;
    // What a peer lacks it lacks twice; a busy machine may be slow once.
    const lack = (await lackOf(site, cell)) && (await lackOf(site, cell));
    if (lack !== undefined) lacks.set(feature, lack);
    else for (const each of featuresOf(cell)) present.add(each);
  }
  return new Support(lacks);
}

/** The parts of a cell that a peer may not have. Asking for another group's share is a part of TLS 1.3, and it must. */
function featuresOf({ suite, group, clientAuthentication, resumption, records }: Cell): readonly string[] {
  const version = versionOf(suite);
  return [
    suite,
    groupFeature(group, version),
    ...(clientAuthentication ? [certificateFeature(version)] : []),
    ...(resumption ? [resumptionFeature(version, clientAuthentication)] : []),
    ...(records === 'small' ? ['small records'] : []),
  ];
}

function groupFeature(group: Group, version: Version): string {
  return `${group} in TLS ${version}`;
}

function certificateFeature(version: Version): string {
  return `client certificates in TLS ${version}`;
}

function resumptionFeature(version: Version, clientAuthentication: boolean): string {
  return `tickets in TLS ${version}${clientAuthentication ? ' with client certificates' : ''}`;
}

const plainestSuite: Readonly<Record<Version, CipherSuite>> = {
  '1.3': 'TLS_AES_128_GCM_SHA256',
  '1.2': 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
};

const plain: Omit<Cell, 'suite'> = {
  group: 'P-256',
  chainLength: 1,
  clientAuthentication: false,
  retry: false,
  records: 'whole',
  resumption: false,
};

/** Those that ask for the most come first: what they find need not be looked for again. */
const probes: readonly Probe[] = [
  ...probesOf('1.3'),
  ...probesOf('1.2'),
  ...suites.map((suite) => ({ feature: suite, cell: { ...plain, suite } })),
];

function probesOf(version: Version): readonly Probe[] {
  const base: Cell = { ...plain, suite: plainestSuite[version] };
  const withCertificate = { ...base, clientAuthentication: true };
  return [
    { feature: resumptionFeature(version, true), cell: { ...withCertificate, resumption: true } },
    { feature: resumptionFeature(version, false), cell: { ...base, resumption: true } },
    { feature: certificateFeature(version), cell: withCertificate },
    ...groups
      .map((group) => ({ feature: groupFeature(group, version), cell: { ...base, group } }))
      .filter(({ cell }) => isCell(cell)),
  ];
}

/** In the words of the server that does not start, or of the client that it does not serve. */
async function lackOf({ peer, credentials, network }: PeerSite, cell: Cell): Promise<string | undefined> {
  let server: RunningServer | undefined;
  try {
    server = await peer.start({ ...cell, credentials, network });
    const session = await visit(server, { peer, credentials, network }, cell);
    if (cell.resumption) await visit(server, { peer, credentials, network }, cell, session);
    return undefined;
  } catch (error) {
    return wordsOf(error);
  } finally {
    await server?.stop();
  }
}

/** A connection by node:tls with an exchange on it; gives the session to resume. */
async function visit(
  server: RunningServer,
  { peer, credentials }: PeerSite,
  cell: Cell,
  session?: Buffer,
): Promise<Buffer | undefined> {
  const client = credentials.client(cell.chainLength);
  const socket = tls.connect({
    socket: await server.dial(),
    servername: serverName,
    ca: credentials.root,
    minVersion: opensslVersion(cell.suite),
    maxVersion: opensslVersion(cell.suite),
    ciphers: opensslSuite(cell.suite),
    // A client of TLS 1.2 must name the curve of the certificates, too.
    ecdhCurve: [...new Set([cell.group, 'P-256'])].join(':'),
    ...(cell.clientAuthentication ? { cert: client.chain, key: client.key } : {}),
    ...(session === undefined ? {} : { session }),
  });
  const sessions: Buffer[] = [];
  socket.on('session', (ticket) => sessions.push(ticket));
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(PROBE_MS_MAX) });
    await peer.exchange(socket, 'probe');
    demandAgreed(socket, cell, session);
    return sessions.at(-1) ?? socket.getSession();
  } finally {
    socket.on('error', () => {});
    socket.destroy();
  }
}

const PROBE_MS_MAX = 10_000;

function demandAgreed(socket: tls.TLSSocket, cell: Cell, session: Buffer | undefined): void {
  if (session !== undefined) {
    if (!socket.isSessionReused()) throw new Error('the second connection resumed nothing');
    return;
  }
  const info = socket.getEphemeralKeyInfo();
  const group = info !== null && 'name' in info ? info.name : undefined;
  if (group !== opensslCurve(cell.group)) throw new Error(`the server chose the group ${group}`);
  // TLS 1.2 could resume by session id as well, which a client of ours does not do.
  const needsTicket = cell.resumption && versionOf(cell.suite) === '1.2';
  if (needsTicket && socket.getTLSTicket() === undefined) throw new Error('no ticket came');
}

function wordsOf(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  return words
    .trim()
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\b[0-9A-F]{8,}:/g, '')
    .slice(0, 160);
}
