/**
 * The map of the walls: which zone a module belongs to and what the zone may load. It is `docs/ARCHITECTURE.md`,
 * section 2, as data; change both together.
 *
 *     5    apps       cli · lab · examples/*
 *     4.3  services   authority · adversary
 *     4.2  edges      {broker,chip,tls,store}/src/node · device · pki/issue · console (the page, as files to serve)
 *     4.1  bus edge   link/src/{node,linux}
 *     3    machines   chip
 *     2    engines    broker · tls · pki/path
 *     1    codecs     mqtt · link · cose · store
 *     0    base       bytes · errors
 *
 * A zone loads from zones below it and from itself. `testkit`, `conformance` and `bench` are for tests; no zone loads them, and
 * the latter two alone reach into the inside of packages.
 */

export interface Zone {
  readonly layer: number;
  /** No clock, timer, chance or network, also not as a global. */
  readonly pure?: true;
  /** The only built-in modules it may load; all when absent. */
  readonly builtins?: readonly string[];
  /** Built-in modules and packages that it must never load. */
  readonly never?: readonly string[];
  /** The only zones it may load, beside the layers' rule. */
  readonly onlyZones?: readonly string[];
  readonly neverZones?: readonly string[];
  /** The only third-party packages it may load, however many its package.json names. */
  readonly thirdParty?: readonly string[];
  /** `import()` is allowed, with a literal name. */
  readonly dynamic?: true;
  /** It may load any module of any package by its path, and name one at run time. */
  readonly reachesInside?: true;
  /** It runs in a browser and may load paths of the server it came from. */
  readonly browser?: true;
}

const CRYPTO = ['node:crypto'];
/** Wall 4: the program that faces the network holds no issuing key and no TLS of ours. */
const BROKER_NEVER = ['authority', 'tls', 'tls/node', 'pki/issue'];
/** Wall 2: the TLS engine and the certificate code know nothing of the part that holds them. */
const PART = ['chip', 'chip/node', 'link', 'link/node', 'link/linux'];
/** Wall 1: the host half cannot do TLS. */
const HOST_ZONES = ['bytes', 'errors', 'link', 'link/node', 'link/linux', 'cose', 'device', 'device/pairing'];
const HOST_NEVER = ['node:tls', 'node:https', 'node:http2', 'undici'];

export const zones: Readonly<Record<string, Zone>> = {
  bytes: { layer: 0, pure: true, builtins: [], thirdParty: [] },
  errors: { layer: 0, pure: true, builtins: [], thirdParty: [] },

  mqtt: { layer: 1, pure: true, builtins: [], thirdParty: [] },
  link: { layer: 1, pure: true, builtins: CRYPTO, thirdParty: [] },
  cose: { layer: 1, pure: true, builtins: CRYPTO, thirdParty: ['cborg'] },
  store: { layer: 1, pure: true, builtins: [], thirdParty: [] },

  broker: { layer: 2, pure: true, builtins: CRYPTO, neverZones: BROKER_NEVER },
  tls: { layer: 2, pure: true, builtins: CRYPTO, thirdParty: [], neverZones: PART },
  'pki/path': { layer: 2, pure: true, builtins: CRYPTO, thirdParty: [], neverZones: PART },

  chip: { layer: 3, pure: true, builtins: CRYPTO, thirdParty: [] },

  'link/node': { layer: 4.1, thirdParty: [] },
  // The kernel's buses need ioctl(2); the package that makes it is loaded when such a bus is opened.
  'link/linux': { layer: 4.1, thirdParty: ['koffi'], dynamic: true },

  'broker/node': { layer: 4.2, neverZones: BROKER_NEVER },
  'chip/node': {
    layer: 4.2,
    thirdParty: [],
    never: ['node:tls', 'node:http', 'node:https', 'node:http2', 'node:dgram'],
  },
  'tls/node': { layer: 4.2, thirdParty: [], neverZones: PART },
  'store/node': { layer: 4.2 },
  device: { layer: 4.2, onlyZones: HOST_ZONES, never: [...HOST_NEVER, 'node:crypto'] },
  // The keys of the pairing are the one thing that the host derives.
  'device/pairing': { layer: 4.2, onlyZones: HOST_ZONES, never: HOST_NEVER },
  // Local clients speak MQTT to it; the codec is all that it knows beyond the part's host. It compares their secrets.
  'device/agent': { layer: 4.2, onlyZones: [...HOST_ZONES, 'mqtt'], never: HOST_NEVER },
  'pki/issue': { layer: 4.2, neverZones: PART },
  console: { layer: 4.2 },
  'console/page': { layer: 4.2, browser: true, builtins: [], thirdParty: [], onlyZones: [] },

  authority: { layer: 4.3, dynamic: true },
  adversary: { layer: 4.3, dynamic: true },

  cli: { layer: 5, dynamic: true, neverZones: ['adversary'] },
  lab: { layer: 5, dynamic: true },
  examples: { layer: 5, dynamic: true, neverZones: ['adversary'] },

  testkit: { layer: 6, dynamic: true },
  conformance: { layer: 7, dynamic: true, reachesInside: true },
  bench: { layer: 7, dynamic: true, reachesInside: true },
};

/**
 * The zone of a module that is not a test.
 *
 * @param folder the package's folder below the root: `packages/tls`
 * @param path the module below that folder: `src/node/connect.ts`
 */
export function zoneOf(folder: string, path: string): string {
  if (folder === 'conformance' || folder === 'bench') return folder;
  const name = folder.startsWith('examples/') ? 'examples' : folder.slice('packages/'.length);
  if (name === 'console') return path.startsWith('page/') ? 'console/page' : 'console';
  if (name === 'pki') return path.startsWith('src/issue/') ? 'pki/issue' : 'pki/path';
  const edge = `${name}/${path.split('/')[1]}`;
  return path.startsWith('src/') && edge in zones ? edge : name;
}

/** The zone's own package may be split in two; loading between its halves follows the layers. */
export function samePackage(one: string, other: string): boolean {
  return one.split('/')[0] === other.split('/')[0];
}
