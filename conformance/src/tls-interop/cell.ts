import { type CipherSuite, defaultTlsPolicy, type Group, type TlsPolicy } from '@keystile/tls';

/** What the matrix crosses. One combination is one case: one handshake, or two where the second resumes the first. */
export interface Cell {
  /** Names the version as well: no suite is of both. */
  readonly suite: CipherSuite;
  readonly group: Group;
  /** Certificates in the server's message, and in the client's. */
  readonly chainLength: ChainLength;
  readonly clientAuthentication: boolean;
  /** The first hello has a key share of another group only, so that the server must ask again. */
  readonly retry: boolean;
  readonly records: Records;
  readonly resumption: boolean;
}

export type ChainLength = 1 | 2 | 3;
export const chainLengths = [1, 2, 3] as const;

/**
 * How the bytes come: `whole` as the network brings them; `single bytes`, each direction cut to pieces of one byte;
 * `coalesced`, all that the server says in a row in one piece; `limited`, in records of 512 bytes because we ask for it;
 * `small`, the same because the server is set to it.
 */
export type Records = (typeof recordKinds)[number];
export const recordKinds = ['whole', 'single bytes', 'coalesced', 'limited', 'small'] as const;

export type Version = '1.3' | '1.2';

/** The smallest length that max_fragment_length knows and peers can be set to. */
export const smallRecordLength = 512;

/** In the words of the matrix's axes; every parameter that is not at its plainest. */
export function nameOfCell(cell: Cell): string {
  const words = [
    ...(cell.chainLength === 1 ? [] : [`chain of ${cell.chainLength}`]),
    ...(cell.clientAuthentication ? ['client certificate'] : []),
    ...(cell.retry ? ['HelloRetryRequest'] : []),
    ...(cell.records === 'whole' ? [] : [`${cell.records} records`]),
    ...(cell.resumption ? ['resumed'] : []),
  ];
  return [`${cell.suite} ${cell.group}`, ...words].join(', ');
}

const newer: readonly CipherSuite[] = defaultTlsPolicy.suites;
const older: readonly CipherSuite[] = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_AES_128_CCM',
];
export const suites: readonly CipherSuite[] = [...newer, ...older];
export const groups: readonly Group[] = ['X25519', 'P-256', 'P-384', 'X25519MLKEM768'];

export function versionOf(suite: CipherSuite): Version {
  return newer.includes(suite) ? '1.3' : '1.2';
}

/** Whether TLS itself has such a combination. */
export function isCell({ suite, group, retry }: Cell): boolean {
  return versionOf(suite) === '1.3' || (!retry && group !== 'X25519MLKEM768');
}

/** The group of the first key share, where it is not the one that the server shall ask for. */
function otherGroup(group: Group): Group {
  return group === 'P-256' ? 'X25519' : 'P-256';
}

/** Both versions are offered, as to a server whose age is not known; of the cell's own version, its suite alone. */
export function policyOf({ suite, group, clientAuthentication, retry, records }: Cell): Partial<TlsPolicy> {
  const isNewer = versionOf(suite) === '1.3';
  // TLS 1.2 must offer the curve of the certificates too; a server of TLS 1.3 has no reason to choose it.
  const others: readonly Group[] = retry ? [otherGroup(group)] : ['P-256'];
  return {
    versions: ['1.3', '1.2'],
    suites: isNewer ? [suite, ...older] : [...newer, suite],
    groups: [...new Set([...(retry ? others : []), group, ...others, 'P-256' as const])],
    keyShares: retry ? others : [group],
    clientAuthentication: clientAuthentication ? 'required' : 'allowed',
    ...(records === 'limited' ? { recordSizeLimit: smallRecordLength + 1 } : {}),
  };
}
