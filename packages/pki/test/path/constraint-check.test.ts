import { test } from 'node:test';
import { tags } from '../../src/path/der.ts';
import { element } from '../../src/path/der-writer.ts';
import { parseTrustAnchor, validateServerPath } from '../../src/path/index.ts';
import {
  alternativeNames,
  directoryName,
  dnsName,
  extension,
  ipName,
  mailName,
  mintCa,
  mintLeaf,
  NOW_MS,
  nameConstraints,
  nameOf,
  oids,
  type Subtrees,
  uriName,
} from '../support/mint.ts';
import { refused } from '../support/refusal.ts';

const own = dnsName('server.example');
const organization = '2.5.4.10';
const emailAddress = '1.2.840.113549.1.9.1';
const fleet = nameOf([organization, 'Fleet'], ['2.5.4.3', 'device']);

/** Under each of them: names that the CA may issue, and names that it may not. The dialled name is always there and allowed. */
const rules: readonly {
  readonly constraint: string;
  readonly subtrees: Subtrees;
  readonly within: readonly Uint8Array[];
  readonly outside: readonly Uint8Array[];
}[] = [
  {
    constraint: 'permits a DNS domain',
    subtrees: { permitted: [dnsName('server.example')] },
    within: [
      dnsName('a.SERVER.example'),
      dnsName('*.server.example'),
      ipName('10.0.0.1'),
      uriName('urn:x:y'),
      mailName('a@b.c'),
    ],
    outside: [dnsName('example'), dnsName('notserver.example'), dnsName('server.example.org'), dnsName('*.example')],
  },
  {
    constraint: 'permits one of two DNS domains',
    subtrees: { permitted: [dnsName('other.example'), dnsName('server.example')] },
    within: [dnsName('x.other.example')],
    outside: [dnsName('third.example')],
  },
  {
    constraint: 'excludes a DNS domain',
    subtrees: { excluded: [dnsName('bad.example')] },
    within: [dnsName('good.example'), dnsName('notbad.example'), dnsName('*.good.example')],
    outside: [dnsName('bad.example'), dnsName('x.bad.example'), dnsName('*.bad.example'), dnsName('*.example')],
  },
  {
    constraint: 'permits a domain and excludes a part of it',
    subtrees: { permitted: [dnsName('example')], excluded: [dnsName('bad.example')] },
    within: [dnsName('a.example')],
    outside: [dnsName('a.bad.example'), dnsName('a.org')],
  },
  {
    constraint: 'permits an IPv4 range',
    subtrees: { permitted: [ipName('10.1.0.0', '255.255.0.0')] },
    within: [ipName('10.1.255.255')],
    outside: [ipName('10.2.0.0'), ipName('::ffff:a01:1'), ipName('::1')],
  },
  {
    constraint: 'excludes all IPv6 addresses',
    subtrees: { excluded: [ipName('::', '::')] },
    within: [ipName('10.0.0.1')],
    outside: [ipName('2001:db8::1')],
  },
  {
    constraint: 'permits a range whose mask has a hole, which is no range',
    subtrees: { permitted: [ipName('10.0.0.0', '255.0.255.0')] },
    within: [],
    outside: [ipName('10.0.0.1')],
  },
  {
    constraint: 'permits hosts below a domain in URIs',
    subtrees: { permitted: [uriName('.good.example')] },
    within: [uriName('https://a.good.example/x'), uriName('mqtt://user@a.b.GOOD.example:1883')],
    outside: [
      uriName('https://good.example'),
      uriName('https://10.0.0.1/'),
      uriName('urn:keystile:home:device:x'),
      uriName('https://[::1]/'),
    ],
  },
  {
    constraint: 'excludes one host in URIs; a URI without a host cannot be judged and is out',
    subtrees: { excluded: [uriName('bad.example')] },
    within: [uriName('https://x.bad.example')],
    outside: [uriName('https://bad.example/y'), uriName('urn:x:y')],
  },
  {
    constraint: 'permits one mailbox and the mailboxes of one host',
    subtrees: { permitted: [mailName('me@home.example'), mailName('host.example')] },
    within: [mailName('me@HOME.example'), mailName('any@host.example')],
    outside: [mailName('Me@home.example'), mailName('you@home.example'), mailName('any@sub.host.example')],
  },
  {
    constraint: 'permits mailboxes of every host below a domain',
    subtrees: { permitted: [mailName('.example')] },
    within: [mailName('a@b.example')],
    outside: [mailName('a@example')],
  },
  {
    constraint: 'permits directory names below an organization',
    subtrees: {
      permitted: [directoryName(nameOf([organization, 'FLEET'])), directoryName(nameOf(['2.5.4.3', 'server']))],
    },
    within: [directoryName(fleet)],
    outside: [
      directoryName(nameOf(['2.5.4.3', 'device'], [organization, 'Fleet'])),
      directoryName(nameOf([organization, 'Fleets'])),
    ],
  },
  {
    constraint: 'excludes directory names below an organization',
    subtrees: { excluded: [directoryName(nameOf([organization, 'Fleet']))] },
    within: [directoryName(nameOf([organization, 'Other']))],
    outside: [directoryName(fleet)],
  },
  {
    constraint: 'permits a kind of name that is not understood (registeredID)',
    subtrees: { permitted: [element(0x88, Uint8Array.of(0x2a))] },
    within: [ipName('10.0.0.1')],
    outside: [element(0x88, Uint8Array.of(0x2a))],
  },
  {
    constraint: 'excludes another kind that is not understood (otherName)',
    subtrees: { excluded: [element(0xa0, Uint8Array.of(6, 1, 0x2a))] },
    within: [element(0x88, Uint8Array.of(0x2a))],
    outside: [element(0xa0, Uint8Array.of(6, 1, 0x2a))],
  },
];

for (const { constraint, subtrees, within, outside } of rules) {
  test(`a CA that ${constraint}`, () => {
    for (const where of ['root', 'intermediate'] as const) {
      for (const name of within) check(subtrees, name, where);
      for (const name of outside)
        refused(() => check(subtrees, name, where), 'KS-P108', /a CA in the path (does not permit|excludes)/);
    }
  });
}

function check(subtrees: Subtrees, name: Uint8Array, where: 'root' | 'intermediate'): void {
  const constraints = { extensions: { x: nameConstraints(subtrees) } };
  const root = mintCa({
    subject: nameOf([organization, 'Fleet'], ['2.5.4.3', 'Root']),
    ...(where === 'root' ? constraints : {}),
  });
  const ca = mintCa({ subject: 'CA', issuer: root, ...(where === 'root' ? {} : constraints) });
  const issuer = where === 'root' ? root : ca;
  const leaf = mintLeaf({
    subject: 'server',
    issuer,
    extensions: { subjectAlternativeName: alternativeNames(own, name) },
  });
  validateServerPath({
    chain: [leaf.der, ca.der],
    anchors: [parseTrustAnchor(root.der)],
    atMs: NOW_MS,
    serverName: 'server.example',
  });
}

test('a mail address in the subject counts where there are no alternative names', () => {
  const root = mintCa({ subject: 'Root', extensions: { x: nameConstraints({ excluded: [mailName('bad.example')] }) } });
  const ca = (address: string): Uint8Array =>
    mintCa({ subject: nameOf(['2.5.4.3', 'CA'], [emailAddress, address]), issuer: root, key: root.key }).der;
  const leaf = (address: string): Uint8Array =>
    mintLeaf({ subject: 'server', issuer: { name: nameOf(['2.5.4.3', 'CA'], [emailAddress, address]), key: root.key } })
      .der;
  const anchors = [parseTrustAnchor(root.der)];
  const request = (address: string) => ({
    chain: [leaf(address), ca(address)],
    anchors,
    atMs: NOW_MS,
    serverName: 'server.example',
  });
  validateServerPath(request('a@good.example'));
  refused(() => validateServerPath(request('a@bad.example')), 'KS-P108', /excludes the name 'a@bad\.example'/);
});

test('constraints with a distance, an empty list of subtrees or none at all are no constraints of RFC 5280', () => {
  const subtree = element(tags.sequence, own, element(0x80, Uint8Array.of(1)));
  const malformed = [
    [element(tags.sequence, element(0xa0, subtree)), /left over/],
    [element(tags.sequence, element(0xa0)), /empty or too long/],
    [element(tags.sequence), /without constraints/],
  ] as const;
  for (const [value, sentence] of malformed) {
    const root = mintCa({ subject: 'Root' });
    const ca = mintCa({ subject: 'CA', issuer: root, extensions: { x: extension(oids.nameConstraints, value, true) } });
    const leaf = mintLeaf({ subject: 'server', issuer: ca });
    const request = { anchors: [parseTrustAnchor(root.der)], atMs: NOW_MS, serverName: 'server.example' };
    refused(() => validateServerPath({ ...request, chain: [leaf.der, ca.der] }), 'KS-P101', sentence);
  }
});
