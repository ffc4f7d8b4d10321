import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { KeystileError } from '@keystile/errors';
import { parseTrustAnchor } from '../../src/path/anchor.ts';
import { CLIENT_AUTH, SERVER_AUTH } from '../../src/path/extensions/extended-key-usage.ts';
import { checkServerIdentity } from '../../src/path/server-identity.ts';
import { productSignatures, type SignaturePolicy } from '../../src/path/signature-policy.ts';
import { validatePathWith } from '../../src/path/validate.ts';
import { deviations } from './x509-limbo-deviations.ts';

/** C2SP x509-limbo, read from the vectors' folder; the shape is described in the README there. */
interface LimboCase {
  readonly id: string;
  readonly validation_kind: 'SERVER' | 'CLIENT';
  readonly trusted_certs: readonly string[];
  readonly untrusted_intermediates: readonly string[];
  readonly peer_certificate: string;
  readonly validation_time: string | null;
  readonly expected_peer_name: { readonly kind: string; readonly value: string } | null;
  readonly expected_result: 'SUCCESS' | 'FAILURE';
  readonly max_chain_depth: number | null;
}

const file = resolve(
  process.env.KEYSTILE_VECTORS ?? resolve(import.meta.dirname, '../../../../../shared/vectors'),
  'x509-limbo.json',
);
const skip = existsSync(file) ? false : `no vectors at ${file} (set KEYSTILE_VECTORS)`;

/** RSA and P-521 beside the product's algorithms: the path logic is what the corpus is about. */
const wide: SignaturePolicy = {
  hashes: {
    ...productSignatures.hashes,
    '1.2.840.113549.1.1.11': 'sha256',
    '1.2.840.113549.1.1.12': 'sha384',
    '1.2.840.113549.1.1.13': 'sha512',
    '1.2.840.10045.4.3.4': 'sha512',
  },
  acceptsKey: (kind) =>
    productSignatures.acceptsKey(kind) || kind.algorithm === '1.2.840.113549.1.1.1' || kind.curve === '1.3.132.0.35',
};

function der(pem: string): Uint8Array {
  return new Uint8Array(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64'));
}

function outcome(limbo: LimboCase, signatures: SignaturePolicy): string {
  const request = {
    chain: [limbo.peer_certificate, ...limbo.untrusted_intermediates].map(der),
    atMs: limbo.validation_time === null ? Date.UTC(2026, 10, 23) : Date.parse(limbo.validation_time),
  };
  try {
    const anchors = limbo.trusted_certs.map((pem) => parseTrustAnchor(der(pem)));
    const { leaf } = validatePathWith(
      { ...request, anchors },
      {
        signatures,
        purpose: limbo.validation_kind === 'CLIENT' ? CLIENT_AUTH : SERVER_AUTH,
        // The product asks for it; RFC 5280, which the corpus follows, does not.
        purposeRequired: signatures === productSignatures,
        intermediatesMax: limbo.max_chain_depth ?? 8,
      },
    );
    if (limbo.expected_peer_name !== null && limbo.validation_kind === 'SERVER') {
      checkServerIdentity(leaf, limbo.expected_peer_name.value);
    }
    return 'SUCCESS';
  } catch (error) {
    if (error instanceof KeystileError) return error.code;
    throw error;
  }
}

const cases: readonly LimboCase[] = skip ? [] : JSON.parse(readFileSync(file, 'utf8')).testcases;

test('no chain that must be refused is accepted, under either policy', { skip }, () => {
  const wrong: string[] = [];
  for (const limbo of cases) {
    if (limbo.expected_result !== 'FAILURE' || deviations[limbo.id] !== undefined) continue;
    for (const policy of [productSignatures, wide]) {
      if (outcome(limbo, policy) === 'SUCCESS') wrong.push(limbo.id);
    }
  }
  assert.deepEqual(wrong, []);
});

test('every chain that must be accepted is, under the wide policy, but for the listed deviations', { skip }, () => {
  const wrong: string[] = [];
  for (const limbo of cases) {
    if (limbo.expected_result !== 'SUCCESS' || deviations[limbo.id] !== undefined) continue;
    const result = outcome(limbo, wide);
    if (result !== 'SUCCESS') wrong.push(`${limbo.id}: ${result}`);
  }
  assert.deepEqual(wrong, []);
});

test('every listed deviation is real, and what it accepts has a stated kind of reason', { skip }, () => {
  for (const [id, reason] of Object.entries(deviations)) {
    const limbo = cases.find((each) => each.id === id);
    if (limbo === undefined) continue;
    assert.notEqual(
      outcome(limbo, wide) === 'SUCCESS',
      limbo.expected_result === 'SUCCESS',
      `${id} is no deviation any more`,
    );
    assert.match(reason, /^(revocation|web|wide|opposite): /, id);
    if (!reason.startsWith('opposite: ')) assert.doesNotMatch(id, /^(rfc5280|pathlen|cve)::/, `${id} may not deviate`);
    if (reason.startsWith('wide: ')) assert.notEqual(outcome(limbo, productSignatures), 'SUCCESS', id);
  }
});

test('no case takes longer than the budgets allow', { skip }, () => {
  for (const limbo of cases) {
    const started = process.cpuUsage();
    outcome(limbo, wide);
    const { user } = process.cpuUsage(started);
    assert.ok(user < 1_000_000, `${limbo.id}: ${user} µs`);
  }
});
