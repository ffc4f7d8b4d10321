import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { toHex } from '@keystile/bytes';
import { cipherSuiteCodes, groupCodes, signatureSchemeCodes } from '../src/codepoints.ts';
import { type ExtensionName, extensionCodes } from '../src/extensions/extension.ts';
import { type ClientOptions, defaultTlsPolicy, TicketStore, TlsClient, type TlsPolicy } from '../src/index.ts';
import { bothVersions } from './support/tls12-policy.ts';

/**
 * What the part says to the world before it knows anybody, as text that a person reviews: every byte of the ClientHello
 * (what is random is masked) and every set from which a policy can choose. A change here is a change of the protocol
 * that the product speaks; `KEYSTILE_SNAPSHOT_WRITE=1` writes the file anew, for the review.
 */
const snapshot = new URL('client-hello.snapshot', import.meta.url);

const cases: readonly (readonly [string, Partial<TlsPolicy>, Partial<ClientOptions>])[] = [
  ['the default policy', {}, {}],
  [
    'everything on: hybrid key share, OCSP, small records, resumption',
    {
      groups: ['X25519MLKEM768', 'X25519', 'P-256', 'P-384'],
      keyShares: ['X25519MLKEM768', 'P-256'],
      requestOcsp: true,
      recordSizeLimit: 1025,
    },
    { resumption: { tickets: new TicketStore(), scope: new Uint8Array(32), nowMs: () => 0 } },
  ],
  [
    'TLS 1.2 beside TLS 1.3, with resumption',
    bothVersions,
    { resumption: { tickets: new TicketStore(), scope: new Uint8Array(32), nowMs: () => 0 } },
  ],
];

describe('the ClientHello', () => {
  it('is the reviewed one, byte for byte', () => {
    const text = [...cases.map(render), renderSets()].join('\n');
    if (process.env.KEYSTILE_SNAPSHOT_WRITE === '1') writeFileSync(snapshot, text);
    assert.ok(existsSync(snapshot), 'there is no snapshot');
    assert.equal(text, readFileSync(snapshot, 'utf8'));
  });
});

function render([name, policy, options]: (typeof cases)[number]): string {
  const client = new TlsClient({
    policy: { ...defaultTlsPolicy, ...policy },
    serverName: 'broker.test',
    verifier: { verify: () => assert.fail('nothing is verified here') },
    random: (length) => new Uint8Array(length).fill(0xaa),
    ...options,
  });
  client.start();
  const bytes = client.takeOutput();
  const lines = [`# ${name}`, ''];
  let at = 0;
  const field = (title: string, length: number, mask?: string): number => {
    const value = toHex(bytes.subarray(at, at + length));
    lines.push(`${title.padEnd(56)} ${mask ?? value}`);
    at += length;
    return Number.parseInt(value || '0', 16);
  };
  field('record: type, version, length', 5);
  field('message: type, length', 4);
  field('legacy_version', 2);
  field('random', 32, '(32 random bytes)');
  field('legacy_session_id', 33, '20 (32 random bytes)');
  const suites = field('cipher_suites: length', 2);
  for (let i = 0; i < suites; i += 2) field('  suite', 2);
  field('legacy_compression_methods', 2);
  field('extensions: length', 2);
  while (at < bytes.length) renderExtension(bytes, at, field);
  return `${lines.join('\n')}\n`;
}

function renderExtension(
  bytes: Uint8Array,
  at: number,
  field: (title: string, length: number, mask?: string) => number,
): void {
  const code = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
  const name = (Object.keys(extensionCodes) as ExtensionName[]).find((each) => extensionCodes[each] === code);
  field(`  ${name}: code, length`, 4);
  if (name !== 'key_share') {
    if (length > 0) field('', length);
    return;
  }
  const shares = field('    shares: length', 2);
  for (let read = 0; read < shares; ) {
    field('    group', 2);
    const share = field('    share: length', 2);
    field('    share', share, `(${share} random bytes)`);
    read += 4 + share;
  }
}

function renderSets(): string {
  const rows = (codes: Readonly<Record<string, number>>): string[] =>
    Object.entries(codes).map(([name, code]) => `  ${name.padEnd(40)} ${code.toString(16).padStart(4, '0')}`);
  const sets = [
    '# all that a policy can allow',
    '',
    'cipher suites',
    ...rows(cipherSuiteCodes),
    'groups',
    ...rows(groupCodes),
    'signature schemes',
    ...rows(signatureSchemeCodes),
    '',
    '# the default policy',
    '',
    ...Object.entries(defaultTlsPolicy).map(([name, value]) => `${name.padEnd(24)} ${JSON.stringify(value)}`),
  ];
  return `${sets.join('\n')}\n`;
}
