import { isIP } from 'node:net';
import { encodeUtf8 } from '@keystile/bytes';
import { element } from '../../../packages/pki/src/path/der-writer.ts';
import { alternativeNames, ipName, mintLeaf, type Party } from '../../../packages/pki/test/support/mint.ts';
import type { Random } from '../random.ts';

/** A certificate with names, and a name that somebody dials. */
export interface GeneratedName {
  readonly id: string;
  readonly leaf: Party;
  readonly dialled: string;
  /** What the certificate has, for the message of a difference. */
  readonly names: readonly string[];
}

const labels = [
  'a',
  'b',
  'example',
  'www',
  'com',
  'xn--bcher-kva',
  'A',
  'EXAMPLE',
  '1',
  'x-y',
  'x'.repeat(63),
] as const;
const oddLabels = ['-x', 'x_y', '', '*', 'w*', '*w', 'x'.repeat(64)] as const;
/** More often than by chance, so that there is something to agree about. */
const usual = ['a.example', 'A.Example', 'b.a.example', '*.example', '*.a.example', 'example', '*.com', 'a'] as const;
const addresses = [
  '10.0.0.1',
  '10.0.0.2',
  '::1',
  '0:0:0:0:0:0:0:1',
  '2001:db8::7',
  '2001:DB8:0::7',
  '10.0.0.01',
  '10.0.1',
  '::ffff:10.0.0.1',
  '1:2:3:4:5:6:7',
  '[::1]',
] as const;

export function generateName(random: Random, index: number, issuer: Party): GeneratedName {
  const names = Array.from({ length: 1 + random.below(3) }, () => someName(random));
  const encoded = names.map((name) => (isIP(name) !== 0 ? ipName(name) : element(0x82, encodeUtf8(name))));
  const leaf = mintLeaf({
    subject: `name ${index}`,
    issuer,
    extensions: { subjectAlternativeName: alternativeNames(...encoded) },
  });
  return { id: `name ${index}`, leaf, dialled: dialledName(random, names), names };
}

function someName(random: Random): string {
  switch (random.below(5)) {
    case 0:
      return random.pick(['10.0.0.1', '::1', '2001:db8::7']);
    case 1:
      return Array.from({ length: 1 + random.below(3) }, () => someLabel(random)).join('.');
    default:
      return random.pick(usual);
  }
}

function someLabel(random: Random): string {
  return random.below(16) === 0 ? random.pick(oddLabels) : random.pick(labels);
}

/** Often what the certificate says, sometimes in another form, sometimes something else. */
function dialledName(random: Random, names: readonly string[]): string {
  const own = names[random.below(names.length)] ?? 'a.example';
  switch (random.below(12)) {
    case 0:
      return random.pick(addresses);
    case 1:
    case 5:
    case 6:
    case 7:
    case 8:
      return own.replace('*', random.pick(['a', 'www', 'a.b', 'xn--bcher-kva', '']));
    case 2:
      return own.toUpperCase();
    case 3:
      return `${own}.`;
    case 4:
      return random.pick(usual);
    default:
      return own;
  }
}
