import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tags } from '../../src/path/der.ts';
import { element } from '../../src/path/der-writer.ts';
import { parseCertificate, parseTrustAnchor, type ValidatedPath, validateServerPath } from '../../src/path/index.ts';
import { PathSearch } from '../../src/path/path-search.ts';
import { productSignatures } from '../../src/path/signature-policy.ts';
import {
  basicConstraints,
  type CertificateFields,
  DAY_MS,
  dnsName,
  extendedKeyUsage,
  extension,
  keyUsage,
  mintCa,
  mintLeaf,
  NOW_MS,
  nameConstraints,
  newKey,
  oids,
  type Party,
} from '../support/mint.ts';
import { refused } from '../support/refusal.ts';

const root = mintCa({ subject: 'Root' });

function validate(chain: readonly Party[], anchors: readonly Party[] = [root]): ValidatedPath {
  return validateServerPath({
    chain: chain.map(({ der }) => der),
    anchors: anchors.map(({ der }) => parseTrustAnchor(der)),
    atMs: NOW_MS,
    serverName: 'server.example',
  });
}

/** What a CA certificate of the same name and key can have wrong, and the refusal when there is no other. */
const flaws: readonly (readonly [flaw: string, fields: Partial<CertificateFields>, code: string, sentence: RegExp])[] =
  [
    ['expired', { notAfterMs: NOW_MS - 1000 }, 'KS-P102', /expired at/],
    ['not valid yet', { notBeforeMs: NOW_MS + 1000 }, 'KS-P103', /valid from/],
    ['for another use', { extensions: { x: extendedKeyUsage(oids.clientAuth) } }, 'KS-P107', /may not issue/],
    [
      'no CA',
      { extensions: { basicConstraints: basicConstraints(false), keyUsage: undefined } },
      'KS-P106',
      /not a CA/,
    ],
    [
      'without basic constraints',
      { extensions: { basicConstraints: undefined, keyUsage: undefined } },
      'KS-P106',
      /not a CA/,
    ],
    ['without keyCertSign', { extensions: { keyUsage: keyUsage(0x02) } }, 'KS-P106', /does not allow it to sign cert/],
    [
      'for other names',
      { extensions: { x: nameConstraints({ excluded: [dnsName('example')] }) } },
      'KS-P108',
      /excludes the name/,
    ],
    [
      'with an unknown critical extension',
      { extensions: { x: extension('1.2.3.4', new Uint8Array(), true) } },
      'KS-P109',
      /1\.2\.3\.4/,
    ],
    [
      'with a critical policy',
      { extensions: { x: extension(oids.certificatePolicies, element(tags.sequence), true) } },
      'KS-P109',
      /2\.5\.29\.32/,
    ],
    [
      'signed by a stranger',
      { issuer: { name: root.name, key: { ...newKey(), identifier: root.key.identifier } } },
      'KS-P105',
      /does not verify/,
    ],
  ];

for (const [flaw, fields, code, sentence] of flaws) {
  test(`a CA certificate that is ${flaw} is refused, and a path around it is found in any order`, () => {
    const key = newKey();
    const flawed = mintCa({ subject: 'CA', issuer: root, key, ...fields });
    const good = mintCa({ subject: 'CA', issuer: root, key });
    const leaf = mintLeaf({ subject: 'server', issuer: good });
    refused(() => validate([leaf, flawed]), code, sentence);
    for (const chain of [
      [leaf, flawed, good],
      [leaf, good, flawed],
    ]) {
      assert.deepEqual(validate(chain).path[1], good.der);
    }
  });
}

test('a policy that is not critical is ignored', () => {
  const ca = mintCa({
    subject: 'CA',
    issuer: root,
    extensions: { x: extension(oids.certificatePolicies, element(tags.sequence)) },
  });
  validate([mintLeaf({ subject: 'server', issuer: ca }), ca]);
});

test('what does not parse and what has nothing to do with it does not spoil the list', () => {
  const ca = mintCa({ subject: 'CA', issuer: root });
  const stranger = mintCa({ subject: 'Stranger' });
  const garbage = { ...stranger, der: Uint8Array.of(0x30, 0x03, 1) };
  const leaf = mintLeaf({ subject: 'server', issuer: ca });
  validate([leaf, garbage, stranger, ca, root]);
  refused(
    () => validate([leaf, stranger, garbage]),
    'KS-P101',
    /ends at 'CN=CA'; .*; certificate 3 of the list is not valid: /,
  );
});

test('two roots that certified each other: each alone is a sufficient anchor, with or without its own certificate', () => {
  const other = mintCa({ subject: 'Other root' });
  const rootByOther = mintCa({ subject: 'Root', issuer: other, key: root.key });
  const otherByRoot = mintCa({ subject: 'Other root', issuer: root, key: other.key });
  const ca = mintCa({ subject: 'CA', issuer: root });
  const leaf = mintLeaf({ subject: 'server', issuer: ca });
  const chain = [leaf, ca, rootByOther, otherByRoot, root, other];
  assert.equal(validate(chain, [root]).path.length, 2);
  assert.equal(validate(chain, [other]).path.length, 3);
  refused(
    () => validate([leaf, ca, rootByOther, otherByRoot], [mintCa({ subject: 'Third' })]),
    'KS-P101',
    /this part trusts 'CN=Third'/,
  );
});

test('a key that was rolled over by self-issued certificates does not count as an intermediate', () => {
  const keys = Array.from({ length: 8 }, () => newKey());
  const name = root.name;
  const rolled = keys.map((key, i) => mintCa({ subject: name, key, issuer: { name, key: keys[i - 1] ?? root.key } }));
  const last = rolled.at(-1) ?? root;
  const leaf = mintLeaf({ subject: 'server', issuer: last });
  assert.equal(validate([leaf, ...rolled]).path.length, 9);
});

test('a path of six certificates holds, one of seven does not', () => {
  const cas: Party[] = [];
  for (let i = 0; i < 5; i++) cas.unshift(mintCa({ subject: `CA ${i}`, issuer: cas[0] ?? root }));
  const [fifth = root, fourth = root] = cas;
  validate([mintLeaf({ subject: 'server', issuer: fourth }), ...cas]);
  refused(
    () => validate([mintLeaf({ subject: 'server', issuer: fifth }), ...cas]),
    'KS-P111',
    /more than 4 intermediate/,
  );
});

test('when several paths fail, the refusal is that of the one that came furthest', () => {
  const key = newKey();
  const constrained = mintCa({
    subject: 'CA',
    issuer: root,
    key,
    extensions: { x: nameConstraints({ excluded: [dnsName('')] }) },
  });
  const expired = mintCa({ subject: 'CA', issuer: root, key, notAfterMs: NOW_MS - DAY_MS });
  const leaf = mintLeaf({ subject: 'server', issuer: constrained });
  for (const chain of [
    [leaf, expired, constrained],
    [leaf, constrained, expired],
  ]) {
    refused(() => validate(chain), 'KS-P108', /excludes the name/);
  }
});

test('an anchor that another CA certified has to name that CA’s key, or a conforming certificate of it has to come along', () => {
  const top = mintCa({ subject: 'Top' });
  const silent = mintCa({ subject: 'Cross', issuer: top, extensions: { authorityKeyIdentifier: undefined } });
  const leaf = mintLeaf({ subject: 'server', issuer: silent });
  refused(() => validate([leaf], [silent]), 'KS-P100', /no authority key identifier/);
  validate([leaf, mintCa({ subject: 'Cross', issuer: mintCa({ subject: 'Elsewhere' }), key: silent.key })], [silent]);
  const conforming = mintCa({ subject: 'Cross', issuer: top });
  validate([mintLeaf({ subject: 'server', issuer: conforming })], [conforming]);
});

/** Lists that are built to make a search run for ever. Each must end within the budgets, and quickly. */
const hostile: Readonly<Record<string, () => readonly Party[]>> = {
  'sixteen certificates of one name, each by any other, with equal key identifiers': () => {
    const identifier = new Uint8Array(20);
    const keys = Array.from({ length: 15 }, () => ({ ...newKey(), identifier }));
    const cas = keys.map((key, i) =>
      mintCa({ subject: 'X', key, issuer: { name: nameX, key: keys[(i + 1) % 15] ?? key } }),
    );
    const [first] = cas;
    return [mintLeaf({ subject: 'server', issuer: first ?? root }), ...cas];
  },
  'sixteen certificates of one name and one key': () => {
    const key = newKey();
    const cas = Array.from({ length: 15 }, () => mintCa({ subject: 'X', key, issuer: { name: nameX, key } }));
    return [mintLeaf({ subject: 'server', issuer: { name: nameX, key } }), ...cas];
  },
  'five CAs of which each certified three others, self-issued in between': () => mesh(5, 3),
  'fifteen names with one key in a ring': () => {
    const key = newKey();
    const ring = Array.from({ length: 15 }, (_, i) => mintCa({ subject: `R${i}`, key }));
    const cas = ring.map((each, i) => mintCa({ subject: each.name, key, issuer: ring[(i + 1) % 15] ?? each }));
    return [mintLeaf({ subject: 'server', issuer: ring[0] ?? root }), ...cas];
  },
};

const { name: nameX } = mintCa({ subject: 'X' });

function mesh(nodes: number, degree: number): readonly Party[] {
  const identities = Array.from({ length: nodes }, (_, i) => mintCa({ subject: `M${i}` }));
  const cas = identities.flatMap((subject, i) =>
    Array.from({ length: degree }, (_, step) =>
      mintCa({ subject: subject.name, key: subject.key, issuer: identities[(i + step + 1) % nodes] ?? subject }),
    ),
  );
  return [mintLeaf({ subject: 'server', issuer: identities[0] ?? root }), ...cas];
}

for (const [what, make] of Object.entries(hostile)) {
  test(`the search ends, without and with a way out: ${what}`, () => {
    const chain = make();
    assert.equal(chain.length, 16);
    const startedAt = process.cpuUsage();
    assert.throws(() => validate(chain), /KS-P1(01|05|11)/);
    const { user } = process.cpuUsage(startedAt);
    assert.ok(user < 500_000, `${user} µs`);
  });
}

test('a longer list, which no peer can send, would end by the number of steps', () => {
  const keys = Array.from({ length: 10 }, () => newKey());
  const cas = keys.flatMap((key, i) =>
    [1, 2, 3].map((step) =>
      mintCa({ subject: nameX, key, issuer: { name: nameX, key: keys[(i + step) % 10] ?? key } }),
    ),
  );
  const leaf = mintLeaf({ subject: 'server', issuer: { name: nameX, key: keys[0] ?? root.key } });
  const request = {
    anchors: [],
    atMs: NOW_MS,
    signatures: productSignatures,
    purpose: oids.serverAuth,
    intermediatesMax: 4,
  };
  const received = { readable: cas.map(({ der }) => parseCertificate(der)), unreadable: [] };
  refused(() => new PathSearch(request, received).from(parseCertificate(leaf.der)), 'KS-P111', /within 1024 steps/);
});

test('in a mesh of CAs the one that an anchor certified is found', () => {
  const chain = mesh(5, 3);
  const anchor = mintCa({ subject: 'M3', key: keyOf('M3', chain) });
  assert.equal(validate(chain, [anchor]).anchor.certificate.subject.text, 'CN=M3');
});

function keyOf(subject: string, chain: readonly Party[]): Party['key'] {
  const party = chain.find(({ name }) => Buffer.from(name).includes(subject));
  assert.ok(party);
  return party.key;
}

test('more than sixteen certificates, and more than 64 KiB of them, are refused unread', () => {
  const leaf = mintLeaf({ subject: 'server', issuer: root });
  refused(() => validate(Array.from({ length: 17 }, () => leaf)), 'KS-P111', /17 certificates, the limit is 16/);
  const large = { ...leaf, der: new Uint8Array(65_536) };
  refused(() => validate([leaf, large]), 'KS-P111', /bytes of certificates, the limit is 65536/);
});

test('many names against many constraints, over many paths, spend one budget', () => {
  const names = Array.from({ length: 400 }, (_, i) => dnsName(`n${i}.server.example`));
  const key = newKey();
  const permitted = Array.from({ length: 400 }, (_, i) => dnsName(`p${i}.example`));
  const chain = Array.from({ length: 3 }, () =>
    mintCa({
      subject: 'CA',
      issuer: root,
      key,
      extensions: { x: nameConstraints({ permitted: [...permitted, dnsName('server.example')] }) },
    }),
  );
  const leaf = mintLeaf({
    subject: 'server',
    issuer: { name: chain[0]?.name ?? root.name, key },
    extensions: {
      subjectAlternativeName: extension(
        oids.subjectAlternativeName,
        element(tags.sequence, dnsName('server.example'), ...names),
      ),
    },
  });
  refused(() => validate([leaf, ...chain]), 'KS-P111', /100000 comparisons of names/);
});
