import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeystileError } from '@keystile/errors';
import fc from 'fast-check';
import { parseTrustAnchor, validateServerPath } from '../../src/path/index.ts';
import {
  basicConstraints,
  type CertificateFields,
  commonName,
  dnsName,
  extendedKeyUsage,
  ipName,
  mintCa,
  mintLeaf,
  NOW_MS,
  nameConstraints,
  newKey,
  oids,
  type Party,
} from '../support/mint.ts';
import { refused } from '../support/refusal.ts';

/**
 * The search against its slow and obvious twin. A random graph of CAs, several of which certified each other, some of
 * the certificates flawed: the search is given all of them at once, the twin tries every straight chain that the names
 * allow, one at a time. Both must find a path, or neither.
 */
const RUNS = process.env.KEYSTILE_TEST_FULL === '1' ? 3_000 : 150;

const flaws: Readonly<Record<string, Partial<CertificateFields>>> = {
  expired: { notAfterMs: NOW_MS - 1000 },
  'for another use': { extensions: { x: extendedKeyUsage(oids.clientAuth) } },
  'no CA': { extensions: { basicConstraints: basicConstraints(false), keyUsage: undefined } },
  'no further CA': { extensions: { basicConstraints: basicConstraints(true, 0) } },
  'one further CA': { extensions: { basicConstraints: basicConstraints(true, 1) } },
  'for no such name': { extensions: { x: nameConstraints({ excluded: [dnsName('server.example')] }) } },
  'for this name': {
    extensions: { x: nameConstraints({ permitted: [dnsName('example'), ipName('10.0.0.0', '255.0.0.0')] }) },
  },
};

interface Edge {
  readonly subject: number;
  readonly issuer: number;
  readonly flaw: string | undefined;
}

const CAS = 4;
const names = Array.from({ length: CAS + 1 }, (_, i) => commonName(`CA ${i}`));
const keys = names.map(() => newKey());
const roots = [CAS, CAS - 1].map((i) => mintCa({ subject: names[i] ?? 'none', ...keyOf(i) }));
const leaf = mintLeaf({ subject: 'server', issuer: identity(0) });

function identity(i: number): Pick<Party, 'key' | 'name'> {
  const [key, name] = [keys[i], names[i]];
  assert.ok(key !== undefined && name !== undefined);
  return { key, name };
}

function keyOf(i: number): { readonly key: Party['key'] } {
  return { key: identity(i).key };
}

const edge: fc.Arbitrary<Edge> = fc.record({
  subject: fc.nat(CAS - 1),
  issuer: fc.nat(CAS),
  flaw: fc.oneof(
    { arbitrary: fc.constant(undefined), weight: 3 },
    { arbitrary: fc.constantFrom(...Object.keys(flaws)), weight: 2 },
  ),
});

function certify({ subject, issuer, flaw }: Edge): Party {
  return mintCa({
    subject: identity(subject).name,
    ...keyOf(subject),
    issuer: identity(issuer),
    ...(flaw === undefined ? {} : flaws[flaw]),
  });
}

function holds(chain: readonly Party[], anchors: readonly Party[]): boolean {
  try {
    validateServerPath({
      chain: chain.map(({ der }) => der),
      anchors: anchors.map(({ der }) => parseTrustAnchor(der)),
      atMs: NOW_MS,
      serverName: 'server.example',
    });
    return true;
  } catch (error) {
    if (!(error instanceof KeystileError)) throw error;
    assert.notEqual(error.code, 'KS-P111', 'a list of this size is within every budget');
    return false;
  }
}

/** Every straight chain upward from `last`, each certificate once. */
function someStraightChainHolds(
  edges: readonly (Edge & { readonly party: Party })[],
  anchors: readonly Party[],
): boolean {
  const climb = (chain: readonly Party[], at: number): boolean =>
    holds(chain, anchors) ||
    edges.some(
      ({ subject, issuer, party }) =>
        subject === at && !chain.includes(party) && chain.length < 5 && climb([...chain, party], issuer),
    );
  return climb([leaf], 0);
}

test('the search finds a path whenever some straight chain is one, in whatever order the certificates come', () => {
  let found = 0;
  fc.assert(
    fc.property(
      fc.array(edge, { minLength: 1, maxLength: 9 }),
      fc.integer({ min: 1, max: 2 }),
      (edges, anchorCount) => {
        const certified = edges.map((each) => ({ ...each, party: certify(each) }));
        const anchors = roots.slice(0, anchorCount);
        const expected = someStraightChainHolds(certified, anchors);
        if (expected) found++;
        assert.equal(holds([leaf, ...certified.map(({ party }) => party)], anchors), expected);
        assert.equal(holds([leaf, ...certified.map(({ party }) => party).reverse()], anchors), expected);
      },
    ),
    { numRuns: RUNS },
  );
  assert.ok(found > RUNS / 20, `${found} of ${RUNS} graphs had a path`);
});

test('a leaf that is itself flawed has no path in any graph', () => {
  const ca = certify({ subject: 0, issuer: CAS, flaw: undefined });
  const late = mintLeaf({ subject: 'server', issuer: identity(0), notAfterMs: NOW_MS - 1000 });
  refused(
    () =>
      validateServerPath({
        chain: [late.der, ca.der],
        anchors: roots.map(({ der }) => parseTrustAnchor(der)),
        atMs: NOW_MS,
        serverName: 'server.example',
      }),
    'KS-P102',
    /expired/,
  );
});
