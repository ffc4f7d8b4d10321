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
    const anchors = [{ digest: anchorDigest }] as unknown as Parameters<typeof checkPolicies>[1];
    checkPolicies([fleet, { ...olderServers, name: 'older' }], anchors);
    assert.throws(() => checkPolicies([{ ...olderServers, versions: ['1.2'] }], anchors), { code: 'KS-C143' });
    const suiteless = { ...olderServers, cipherSuites: fleet.cipherSuites };
    assert.throws(() => checkPolicies([suiteless], anchors), { code: 'KS-T131', message: /suites/ });
  });
});
