import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeField, encodeField, type Policy, policiesFields } from '@keystile/link';
import { checkTlsPolicy } from '@keystile/tls';
import { checkPolicies } from '../../src/objects/check-policies.ts';
import { tlsPolicyOf } from '../../src/sessions/tls-policy.ts';

const anchorDigest = new Uint8Array(32).fill(7);

const fleet: Policy = {
  name: 'fleet',
  anchorDigests: [anchorDigest],
  serverNames: ['broker.test'],
  alpn: ['mqtt'],
  alpnRequired: false,
  clientKey: 'ldevid',
  versions: ['1.3'],
  cipherSuites: ['TLS_AES_128_GCM_SHA256'],
  groups: ['X25519', 'P-256'],
  tokenAgeHoursMax: 0,
  resumption: false,
  revocationRule: 'none',
  revocationAgeHoursMax: 0,
  purpose: 'application',
  bytesPerBootMax: 0,
};

const olderServers: Policy = {
  ...fleet,
  versions: ['1.3', '1.2'],
  cipherSuites: ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
};

const anchors = [{ digest: anchorDigest }] as unknown as Parameters<typeof checkPolicies>[1];

describe("a stored policy, in the engine's terms", () => {
  it('speaks TLS 1.3 alone unless it says more', () => {
    assert.deepEqual(checkTlsPolicy(tlsPolicyOf(fleet)).versions, ['1.3']);
  });

  it('can allow TLS 1.2 beside TLS 1.3, with suites of its own, and survives being stored', () => {
    const [stored] = decodeField(policiesFields, encodeField(policiesFields, [olderServers]));
    assert.ok(stored !== undefined);
    const { versions, suites, clientAuthentication } = checkTlsPolicy(tlsPolicyOf(stored));
    assert.deepEqual(versions, ['1.3', '1.2']);
    assert.deepEqual(suites, olderServers.cipherSuites);
    assert.equal(clientAuthentication, 'required');
  });

  it('cannot put TLS 1.2 in the place of TLS 1.3, nor name a version without a suite of it', () => {
    checkPolicies([fleet, { ...olderServers, name: 'older' }], anchors);
    assert.throws(() => checkPolicies([{ ...olderServers, versions: ['1.2'] }], anchors), { code: 'KS-C143' });
    const suiteless = { ...olderServers, cipherSuites: fleet.cipherSuites };
    assert.throws(() => checkPolicies([suiteless], anchors), { code: 'KS-T131', message: /suites/ });
  });
});

describe('a policy is not accepted', () => {
  const recovery: Policy = {
    ...fleet,
    name: 'recovery',
    clientKey: 'none',
    purpose: 'recovery',
    bytesPerBootMax: 1_000_000,
  };
  const asking: Policy = { ...fleet, revocationRule: 'crl-if-present', revocationAgeHoursMax: 1 };
  checkPolicies([asking, recovery, { ...asking, ...recovery, name: 'both' }], anchors);

  const refused: readonly (readonly [string, Policy, RegExp])[] = [
    ['for recovery with a certificate', { ...recovery, clientKey: 'idevid' }, /would show a certificate/],
    ['for recovery with resumption', { ...recovery, resumption: true }, /would resume sessions/],
    ['for recovery without a limit of bytes', { ...recovery, bytesPerBootMax: 0 }, /no limit of bytes/],
    ['for recovery with a wildcard', { ...recovery, serverNames: ['a.test', '*.fleet.test'] }, /by a wildcard/],
    ['without a certificate for applications', { ...fleet, clientKey: 'none' }, /for recovery alone/],
    [
      'without a certificate for administration',
      { ...fleet, clientKey: 'none', purpose: 'administration' },
      /for recovery alone/,
    ],
    ['that asks for revocation of any age', { ...asking, revocationAgeHoursMax: 0 }, /how old/],
    ['that asks for revocation and resumes without', { ...asking, resumption: true }, /would resume without it/],
    ['that limits the age of nothing', { ...fleet, revocationAgeHoursMax: 1 }, /does not ask for/],
  ];
  for (const [what, policy, detail] of refused) {
    it(what, () => assert.throws(() => checkPolicies([policy], anchors), { code: 'KS-C143', detail }));
  }
});
