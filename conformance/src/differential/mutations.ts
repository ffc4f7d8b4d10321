import { encodeUtf8 } from '@keystile/bytes';
import { tags } from '../../../packages/pki/src/path/der.ts';
import { element, objectIdentifier } from '../../../packages/pki/src/path/der-writer.ts';
import {
  alternativeNames,
  authorityKeyIdentifier,
  basicConstraints,
  type CertificateFields,
  commonName,
  DAY_MS,
  directoryName,
  dnsName,
  extendedKeyUsage,
  extension,
  ipName,
  keyUsage,
  mailName,
  NOW_MS,
  nameConstraints,
  newKey,
  oids,
  uriName,
} from '../../../packages/pki/test/support/mint.ts';
import type { Random } from '../random.ts';

/**
 * Ways to make one certificate of a chain different, many of them wrong. Each changes what the fields say by default;
 * whether the chain is then still good is for the two judges to say.
 */
export interface Mutation {
  readonly name: string;
  readonly on: 'leaf' | 'ca' | 'any';
  readonly apply: (fields: CertificateFields, random: Random) => CertificateFields;
}

const anyExtendedKeyUsage = '2.5.29.37.0';
const codeSigning = '1.3.6.1.5.5.7.3.3';
const nonsense = '1.3.6.1.4.1.55555.1';

/** Names on the leaf, and constraints of names above it. */
export const nameMutations: readonly [Mutation, ...Mutation[]] = [
  ofExtension('other-names', 'leaf', 'subjectAlternativeName', (random) => alternativeNames(...someNames(random))),
  ofExtension('the-name-and-others', 'leaf', 'subjectAlternativeName', (random) =>
    alternativeNames(dnsName('server.example'), ...someNames(random)),
  ),
  ofExtension('no-names', 'leaf', 'subjectAlternativeName', () => undefined),
  ofExtension('wildcard-name', 'leaf', 'subjectAlternativeName', () => alternativeNames(dnsName('*.example'))),
  ofExtension('permits', 'ca', 'nameConstraints', (random) => nameConstraints({ permitted: someSubtrees(random) })),
  ofExtension('permits', 'ca', 'nameConstraints', (random) => nameConstraints({ permitted: someSubtrees(random) })),
  ofExtension('excludes', 'ca', 'nameConstraints', (random) => nameConstraints({ excluded: someSubtrees(random) })),
  ofExtension('excludes', 'ca', 'nameConstraints', (random) => nameConstraints({ excluded: someSubtrees(random) })),
  ofExtension('permits-and-excludes', 'ca', 'nameConstraints', (random) =>
    nameConstraints({ permitted: someSubtrees(random), excluded: someSubtrees(random) }),
  ),
];

export const mutations: readonly [Mutation, ...Mutation[]] = [
  { name: 'expired', on: 'any', apply: (fields) => ({ ...fields, notAfterMs: NOW_MS - DAY_MS }) },
  { name: 'expired-by-a-second', on: 'any', apply: (fields) => ({ ...fields, notAfterMs: NOW_MS - 1000 }) },
  { name: 'ends-now', on: 'any', apply: (fields) => ({ ...fields, notAfterMs: NOW_MS }) },
  { name: 'not-yet', on: 'any', apply: (fields) => ({ ...fields, notBeforeMs: NOW_MS + 1000 }) },
  { name: 'begins-now', on: 'any', apply: (fields) => ({ ...fields, notBeforeMs: NOW_MS }) },
  { name: 'until-2069', on: 'any', apply: (fields) => ({ ...fields, notAfterMs: Date.UTC(2069, 0) }) },

  ofExtension('no-basic-constraints', 'ca', 'basicConstraints', () => undefined),
  ofExtension('ca-false', 'ca', 'basicConstraints', () => basicConstraints(false)),
  ofExtension('path-length', 'ca', 'basicConstraints', (random) => basicConstraints(true, random.below(3))),
  ofExtension('basic-constraints-not-critical', 'ca', 'basicConstraints', () =>
    extension(oids.basicConstraints, element(tags.sequence, element(tags.boolean, Uint8Array.of(0xff)))),
  ),
  ofExtension('leaf-basic-constraints', 'leaf', 'basicConstraints', () => basicConstraints(false)),
  ofExtension('leaf-is-ca', 'leaf', 'basicConstraints', () => basicConstraints(true)),

  ofExtension('no-key-usage', 'any', 'keyUsage', () => undefined),
  ofExtension('no-key-cert-sign', 'ca', 'keyUsage', () => keyUsage(0x02)),
  ofExtension('only-key-cert-sign', 'ca', 'keyUsage', () => keyUsage(0x04)),
  ofExtension('leaf-key-agreement', 'leaf', 'keyUsage', () => keyUsage(0x08)),
  ofExtension('leaf-key-cert-sign', 'leaf', 'keyUsage', () => keyUsage(0x84)),

  ofExtension('no-purpose', 'leaf', 'extendedKeyUsage', () => undefined),
  ofExtension('client-purpose', 'any', 'extendedKeyUsage', () => extendedKeyUsage(oids.clientAuth)),
  ofExtension('two-purposes', 'any', 'extendedKeyUsage', () => extendedKeyUsage(oids.clientAuth, oids.serverAuth)),
  ofExtension('any-purpose', 'any', 'extendedKeyUsage', () => extendedKeyUsage(anyExtendedKeyUsage)),
  ofExtension('code-purpose', 'any', 'extendedKeyUsage', () => extendedKeyUsage(codeSigning)),

  ofExtension('no-authority-identifier', 'any', 'authorityKeyIdentifier', () => undefined),
  ofExtension('foreign-authority-identifier', 'any', 'authorityKeyIdentifier', () => authorityKeyIdentifier(newKey())),
  ofExtension('no-subject-identifier', 'ca', 'subjectKeyIdentifier', () => undefined),
  ofExtension('subject-identifier-of-another', 'ca', 'subjectKeyIdentifier', () =>
    extension(oids.subjectKeyIdentifier, element(tags.octetString, newKey().identifier)),
  ),

  ofExtension('unknown', 'any', 'unknown', () => extension(nonsense, Uint8Array.of(5, 0))),
  ofExtension('unknown-critical', 'any', 'unknown', () => extension(nonsense, Uint8Array.of(5, 0), true)),
  ofExtension('policies', 'any', 'policies', () => policies(false)),
  ofExtension('policies-critical', 'any', 'policies', () => policies(true)),
  ofExtension('extension-twice', 'any', 'second', () => basicConstraints(true)),

  { name: 'signed-by-another', on: 'any', apply: signedByAnother },
  { name: 'issuer-in-capitals', on: 'any', apply: (fields) => withIssuerName(fields, (name) => swapCase(name)) },
  { name: 'issuer-of-another-name', on: 'any', apply: (fields) => withIssuerName(fields, () => commonName('Nobody')) },
  { name: 'serial-zero', on: 'any', apply: (fields) => ({ ...fields, serialNumber: Uint8Array.of(0) }) },
  { name: 'serial-long', on: 'any', apply: (fields) => ({ ...fields, serialNumber: new Uint8Array(21).fill(0x11) }) },
  { name: 'other-algorithm-outside', on: 'any', apply: (fields) => ({ ...fields, outerAlgorithm: sha512 }) },
  { name: 'p384', on: 'any', apply: (fields) => ({ ...fields, key: newKey('P384') }) },

  ...nameMutations,
];

const sha512 = element(tags.sequence, objectIdentifier('1.2.840.10045.4.3.4'));

function ofExtension(
  name: string,
  on: Mutation['on'],
  label: string,
  make: (random: Random) => Uint8Array | undefined,
): Mutation {
  return {
    name,
    on,
    apply: (fields, random) => ({ ...fields, extensions: { ...fields.extensions, [label]: make(random) } }),
  };
}

function policies(critical: boolean): Uint8Array {
  const policy = element(tags.sequence, objectIdentifier(nonsense));
  return extension(oids.certificatePolicies, element(tags.sequence, policy), critical);
}

/** Another key under the issuer's name, and with its identifier, so that only the signature tells. */
function signedByAnother(fields: CertificateFields): CertificateFields {
  const { issuer } = fields;
  if (issuer === undefined) return fields;
  return { ...fields, issuer: { ...issuer, key: { ...newKey(), identifier: issuer.key.identifier } } };
}

function withIssuerName(fields: CertificateFields, change: (name: Uint8Array) => Uint8Array): CertificateFields {
  const { issuer } = fields;
  return issuer === undefined ? fields : { ...fields, issuer: { ...issuer, name: change(issuer.name) } };
}

/** The letters of the name's last value, in place; the common name of `chains.ts` is in small letters and digits. */
function swapCase(name: Uint8Array): Uint8Array {
  const text = Buffer.from(name).toString('latin1');
  const at = text.lastIndexOf('case');
  return new Uint8Array(Buffer.from(text.slice(0, at) + text.slice(at).toUpperCase(), 'latin1'));
}

const hosts = ['server.example', 'a.server.example', 'other.example', 'example.org', 'deep.sub.other.example'] as const;
const addresses = ['10.0.0.1', '10.0.1.1', '192.168.7.9', '::1', '2001:db8::7'] as const;

function someNames(random: Random): readonly Uint8Array[] {
  return Array.from({ length: 1 + random.below(3) }, () => {
    switch (random.below(6)) {
      case 0:
        return ipName(random.pick(addresses));
      case 1:
        return uriName(`https://${random.pick(hosts)}/x`);
      case 2:
        return mailName(`who@${random.pick(hosts)}`);
      case 3:
        return directoryName(commonName('case of another'));
      default:
        return dnsName(random.pick(hosts));
    }
  });
}

const suffixes = ['example', 'server.example', 'other.example', 'org', 'xample', ''] as const;
const ranges: readonly [AddressRange, ...AddressRange[]] = [
  ['10.0.0.0', '255.0.0.0'],
  ['10.0.1.0', '255.255.255.0'],
  ['0.0.0.0', '0.0.0.0'],
  ['2001:db8::', 'ffff:ffff::'],
];

type AddressRange = readonly [address: string, mask: string];

function someSubtrees(random: Random): readonly Uint8Array[] {
  return Array.from({ length: 1 + random.below(3) }, () => {
    switch (random.below(7)) {
      case 0:
        return ipName(...random.pick(ranges));
      case 1:
        return uriName(random.pick(['.example', 'server.example', '.org']));
      case 2:
        return mailName(random.pick(['server.example', '.example', 'who@other.example']));
      case 3:
        return directoryName(random.below(3) === 0 ? element(tags.sequence) : commonName('case of another'));
      default:
        return element(0x82, encodeUtf8(random.pick(suffixes)));
    }
  });
}
