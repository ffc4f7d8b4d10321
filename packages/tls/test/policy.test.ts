import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkTlsPolicy, defaultTlsPolicy } from '../src/index.ts';

/** What no policy may say, as it might come out of a part's memory. */
const wrong: Readonly<Record<string, readonly unknown[]>> = {
  versions: [[], ['1.1'], ['1.3', '1.3']],
  suites: [
    [],
    ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
    ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
    ['TLS_RSA_WITH_AES_128_CBC_SHA'],
    ['TLS_CHACHA20_POLY1305_SHA256'],
    ['constructor'],
  ],
  groups: [[], ['secp256k1'], ['X25519', 'X25519']],
  keyShares: [[], ['P-384']],
  signatureSchemes: [[], ['rsa_pss_rsae_sha256'], ['ecdsa_sha1']],
  alpn: [[''], ['mqtt', 'mqtt'], ['x'.repeat(256)]],
  alpnRequired: ['yes'],
  clientAuthentication: ['sometimes'],
  requestOcsp: [1],
  recordSizeLimit: [63, 16_386, 100.5],
  paddingMultiple: [0, 20_000],
  recordsPerKeyMax: [0, 7, 2 ** 25],
};

describe('the policy', () => {
  it('that is the default is valid', () => {
    assert.deepEqual(checkTlsPolicy(defaultTlsPolicy), defaultTlsPolicy);
  });

  for (const [field, values] of Object.entries(wrong)) {
    for (const value of values) {
      it(`is refused, and the field named, when ${field} is ${JSON.stringify(value).slice(0, 60)}`, () => {
        const policy = { ...defaultTlsPolicy, [field]: value };
        assert.throws(() => checkTlsPolicy(policy), { code: 'KS-T131', message: new RegExp(field) });
      });
    }
  }

  it('that lists TLS 1.2 brings suites, a curve for certificates and no padding for it', () => {
    const tls12 = ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] as const;
    const both = {
      ...defaultTlsPolicy,
      versions: ['1.3', '1.2'],
      suites: [...defaultTlsPolicy.suites, ...tls12],
    } as const;
    const only = { ...defaultTlsPolicy, versions: ['1.2'], suites: tls12 } as const;
    for (const policy of [both, only]) {
      assert.deepEqual(checkTlsPolicy(policy), policy);
      for (const group of ['X25519MLKEM768', 'X25519', 'P-384'] as const) {
        const wrong = { groups: [group], keyShares: [group], signatureSchemes: ['ecdsa_secp256r1_sha256'] } as const;
        assert.throws(() => checkTlsPolicy({ ...policy, ...wrong }), { message: /groups/ });
      }
      assert.throws(() => checkTlsPolicy({ ...policy, paddingMultiple: 64 }), { message: /paddingMultiple/ });
    }
    assert.throws(() => checkTlsPolicy({ ...both, suites: tls12 }), { message: /suites/ });
    assert.throws(() => checkTlsPolicy({ ...both, suites: defaultTlsPolicy.suites }), { message: /suites/ });
  });

  it('cannot require a protocol without naming one', () => {
    assert.throws(() => checkTlsPolicy({ ...defaultTlsPolicy, alpn: [], alpnRequired: true }), { code: 'KS-T131' });
  });

  it('is a copy: what happens to the original later has no effect, and the copy cannot change', () => {
    const suites: (typeof defaultTlsPolicy.suites)[number][] = ['TLS_AES_128_GCM_SHA256'];
    const policy = checkTlsPolicy({ ...defaultTlsPolicy, suites });
    suites.push('TLS_AES_128_CCM_SHA256');
    assert.deepEqual(policy.suites, ['TLS_AES_128_GCM_SHA256']);
    assert.throws(() => Object.assign(policy, { alpnRequired: false }), TypeError);
    assert.throws(() => Array.prototype.push.call(policy.suites, 'x'), TypeError);
    assert.equal(checkTlsPolicy(policy), policy);
    assert.notEqual(checkTlsPolicy({ ...policy }), policy);
  });
});
