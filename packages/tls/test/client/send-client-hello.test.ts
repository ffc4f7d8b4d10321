import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toHex } from '@keystile/bytes';
import { type ExtensionName, extensionCodes } from '../../src/extensions/extension.ts';
import { defaultTlsPolicy, TlsClient, type TlsPolicy } from '../../src/index.ts';
import { decodeClientHello } from '../../src/messages/client-hello.ts';
import { bothVersions, onlyTls12 } from '../support/tls12-policy.ts';

function helloOf(serverName: string, policy: Partial<TlsPolicy> = {}): ReturnType<typeof decodeClientHello> {
  const client = new TlsClient({
    policy: { ...defaultTlsPolicy, ...policy },
    serverName,
    verifier: {
      verify: () => {
        throw new Error('no certificate comes here');
      },
    },
    random: (length) => new Uint8Array(length).fill(7),
  });
  client.start();
  return decodeClientHello(client.takeOutput().subarray(5 + 4));
}

function present(hello: ReturnType<typeof decodeClientHello>): readonly string[] {
  return (Object.keys(extensionCodes) as ExtensionName[]).filter((name) => hello.extensions.get(name) !== undefined);
}

describe('ClientHello', () => {
  it('offers what the policy lists, and nothing else', () => {
    const hello = helloOf('broker.test', {
      suites: ['TLS_AES_128_CCM_SHA256', 'TLS_AES_128_GCM_SHA256'],
      groups: ['P-384', 'X25519'],
    });
    assert.deepEqual(hello.cipherSuites, [0x1304, 0x1301]);
    assert.deepEqual(present(hello), [
      'server_name',
      'supported_groups',
      'signature_algorithms',
      'application_layer_protocol_negotiation',
      'supported_versions',
      'key_share',
    ]);
    const data = (name: ExtensionName): string => toHex(hello.extensions.get(name) ?? new Uint8Array(0));
    assert.equal(data('supported_groups'), '0004' + '0018' + '001d');
    assert.equal(data('signature_algorithms'), '0004' + '0403' + '0503');
    assert.equal(data('supported_versions'), '02' + '0304');
    assert.match(data('key_share'), /^0024001d0020[0-9a-f]{64}$/);
  });

  it('offers TLS 1.2 beside TLS 1.3 when the policy lists both', () => {
    const hello = helloOf('broker.test', bothVersions);
    assert.deepEqual(hello.cipherSuites, [0x1301, 0x1302, 0x1304, 0xc02b, 0xc02c, 0xc0ac]);
    assert.equal(hello.sessionId.length, 32);
    assert.equal(toHex(hello.extensions.get('supported_versions') ?? new Uint8Array(0)), '04' + '0304' + '0303');
    assert.equal(toHex(hello.extensions.get('renegotiation_info') ?? new Uint8Array(0)), '00');
    assert.equal(toHex(hello.extensions.get('ec_point_formats') ?? new Uint8Array(0)), '0100');
    assert.equal(hello.extensions.get('extended_master_secret')?.length, 0);
  });

  it('offers nothing of TLS 1.3 when the policy lists TLS 1.2 alone, and no hybrid group', () => {
    const hello = helloOf('broker.test', { ...onlyTls12, groups: ['X25519MLKEM768', 'P-256'], keyShares: ['P-256'] });
    assert.deepEqual(hello.cipherSuites, [0xc02b, 0xc02c, 0xc0ac]);
    assert.equal(hello.sessionId.length, 0);
    assert.equal(toHex(hello.extensions.get('supported_groups') ?? new Uint8Array(0)), '0002' + '0017');
    assert.deepEqual(present(hello), [
      'server_name',
      'supported_groups',
      'ec_point_formats',
      'signature_algorithms',
      'application_layer_protocol_negotiation',
      'extended_master_secret',
      'renegotiation_info',
    ]);
  });

  it('names a server, but never an address', () => {
    assert.ok(present(helloOf('broker.test')).includes('server_name'));
    for (const address of ['192.0.2.1', '2001:db8::1']) assert.ok(!present(helloOf(address)).includes('server_name'));
  });

  it('asks for a stapled OCSP answer, small records and one key share per listed group when the policy says so', () => {
    const hello = helloOf('broker.test', {
      requestOcsp: true,
      recordSizeLimit: 1025,
      keyShares: ['X25519', 'P-256'],
      alpn: [],
    });
    const names = present(hello);
    for (const name of ['status_request', 'record_size_limit', 'max_fragment_length'])
      assert.ok(names.includes(name), name);
    assert.ok(!names.includes('application_layer_protocol_negotiation'));
    assert.equal(hello.extensions.get('key_share')?.length, 2 + (4 + 32) + (4 + 65));
  });
});
