import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Unimplemented } from '../../src/bogo/shim/flags.ts';
import { policyOf } from '../../src/bogo/shim/policy.ts';

describe('the policy that the flags name', () => {
  it('has the versions between least and most that are not turned off, and their suites', () => {
    assert.deepEqual(policyOf({}).versions, ['1.3', '1.2']);
    const old = policyOf({ 'max-version': 0x0303 });
    assert.deepEqual(old.versions, ['1.2']);
    assert.ok(old.suites.every((suite) => suite.startsWith('TLS_ECDHE_ECDSA_')));
    assert.deepEqual(policyOf({ 'min-version': 0x0304 }).versions, ['1.3']);
    assert.deepEqual(policyOf({ 'no-tls12': true }).versions, ['1.3']);
    assert.throws(() => policyOf({ 'max-version': 0x0302 }), Unimplemented);
  });

  it('sends a share of the first group, and one of the other kind', () => {
    assert.deepEqual(policyOf({ curves: [0x17, 0x1d, 0x11ec] }).keyShares, ['P-256', 'X25519MLKEM768']);
    assert.deepEqual(policyOf({ curves: [0x11ec, 0x17] }).keyShares, ['X25519MLKEM768', 'P-256']);
    assert.deepEqual(policyOf({ curves: [0x1d, 0x17] }).keyShares, ['X25519']);
    assert.deepEqual(policyOf({ curves: [0x1d, 0x17], 'key-shares': [0x17] }).keyShares, ['P-256']);
  });

  it('never has a group or a signature scheme that the product does not have', () => {
    assert.throws(() => policyOf({ curves: [0x19] }), Unimplemented);
    assert.throws(() => policyOf({ 'verify-prefs': [0x0804] }), Unimplemented);
  });

  it('reads the list of protocols as it stands on the wire', () => {
    assert.deepEqual(policyOf({ 'advertise-alpn': '\x04mqtt\x02h2' }).alpn, ['mqtt', 'h2']);
    assert.deepEqual(policyOf({}).alpn, []);
  });
});
