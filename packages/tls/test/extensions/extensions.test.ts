import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ByteReader, fromHex, toHex } from '@keystile/bytes';
import { decodeProtocols, decodeSelectedProtocol, encodeProtocols } from '../../src/extensions/alpn.ts';
import { decodeCodeList, encodeCodeList } from '../../src/extensions/code-list.ts';
import { decodeCookie, encodeCookie } from '../../src/extensions/cookie.ts';
import { encodeExtensions, extensionCodes, readExtensions } from '../../src/extensions/extension.ts';
import {
  decodeClientShares,
  decodeSelectedGroup,
  decodeServerShare,
  encodeClientShares,
  encodeSelectedGroup,
  encodeServerShare,
} from '../../src/extensions/key-share.ts';
import {
  decodeMaxFragmentLength,
  encodeMaxFragmentLength,
  fragmentLengthFor,
} from '../../src/extensions/max-fragment-length.ts';
import {
  bindersLength,
  decodeOfferedPsks,
  decodeSelectedIdentity,
  encodeOfferedPsk,
  encodeSelectedIdentity,
} from '../../src/extensions/pre-shared-key.ts';
import { encodePskModes } from '../../src/extensions/psk-key-exchange-modes.ts';
import { decodeRecordSizeLimit, encodeRecordSizeLimit } from '../../src/extensions/record-size-limit.ts';
import { encodeServerName, isAddressLiteral } from '../../src/extensions/server-name.ts';
import { decodeStapledOcsp, encodeStapledOcsp, encodeStatusRequest } from '../../src/extensions/status-request.ts';
import {
  decodeSelectedVersion,
  encodeSelectedVersion,
  encodeSupportedVersions,
} from '../../src/extensions/supported-versions.ts';
import { codecCase } from '../support/codec-cases.ts';

describe('extension codecs', () => {
  codecCase('server_name', {
    wire: ['0006', '00', '0003', '61', '2e', '62'],
    value: 'a.b',
    encode: encodeServerName,
  });
  codecCase('supported_versions of the client', {
    wire: ['04', '0304', '0303'],
    value: [0x0304, 0x0303],
    encode: encodeSupportedVersions,
  });
  codecCase('supported_versions of the server', {
    wire: ['0304'],
    value: 0x0304,
    encode: encodeSelectedVersion,
    decode: decodeSelectedVersion,
  });
  codecCase('supported_groups and signature_algorithms', {
    wire: ['0004', '001d', '0017'],
    value: [0x1d, 0x17],
    encode: encodeCodeList,
    decode: (bytes) => decodeCodeList('supported_groups', bytes),
  });
  codecCase('key_share of the client', {
    wire: ['000c', '001d', '0003', 'aabbcc', '0017', '0001', '04'],
    value: [
      { group: 0x1d, share: fromHex('aabbcc') },
      { group: 0x17, share: fromHex('04') },
    ],
    encode: (value) => encodeClientShares(value),
    decode: decodeClientShares,
  });
  codecCase('key_share of the server', {
    wire: ['001d', '0002', 'aabb'],
    value: { group: 0x1d, share: fromHex('aabb') },
    encode: encodeServerShare,
    decode: decodeServerShare,
  });
  codecCase('key_share of a HelloRetryRequest', {
    wire: ['0017'],
    value: 0x17,
    encode: encodeSelectedGroup,
    decode: decodeSelectedGroup,
  });
  codecCase('application_layer_protocol_negotiation', {
    wire: ['0008', '04', '6d717474', '02', '6832'],
    value: ['mqtt', 'h2'],
    encode: encodeProtocols,
    decode: decodeProtocols,
  });
  codecCase('cookie', { wire: ['0002', 'cafe'], value: fromHex('cafe'), encode: encodeCookie, decode: decodeCookie });
  codecCase('status_request', { wire: ['01', '0000', '0000'], value: undefined, encode: encodeStatusRequest });
  codecCase('status_request of a certificate', {
    wire: ['01', '000002', '3000'],
    value: fromHex('3000'),
    encode: encodeStapledOcsp,
    decode: decodeStapledOcsp,
  });
  codecCase('record_size_limit', {
    wire: ['0200'],
    value: 512,
    encode: encodeRecordSizeLimit,
    decode: decodeRecordSizeLimit,
  });
  codecCase('max_fragment_length', { wire: ['02'], value: 1024, encode: encodeMaxFragmentLength });
});

describe('extension rules', () => {
  it('a list may not be empty', () => {
    for (const decode of [
      decodeProtocols,
      decodeCookie,
      (data: Uint8Array) => decodeCodeList('supported_groups', data),
    ]) {
      assert.throws(() => decode(fromHex('0000')), { code: 'KS-T111' });
    }
    assert.throws(() => decodeProtocols(fromHex('000100')), { code: 'KS-T111' });
    assert.throws(() => decodeServerShare(fromHex('001d0000')), { code: 'KS-T111' });
  });

  it('the server selects one protocol', () => {
    assert.equal(decodeSelectedProtocol(encodeProtocols(['mqtt'])), 'mqtt');
    assert.throws(() => decodeSelectedProtocol(encodeProtocols(['mqtt', 'h2'])), { code: 'KS-T111' });
  });

  it('a record size limit below 64 is illegal and one above the maximum is the maximum', () => {
    assert.throws(() => decodeRecordSizeLimit(fromHex('003f')), { code: 'KS-T112' });
    assert.equal(decodeRecordSizeLimit(fromHex('ffff')), 16_385);
  });

  it('the fragment length is the largest that fits a record size limit', () => {
    assert.deepEqual([512, 513, 1024, 1025, 4097, 4098].map(fragmentLengthFor), [
      undefined,
      512,
      512,
      1024,
      4096,
      undefined,
    ]);
    assert.equal(decodeMaxFragmentLength(fromHex('05')), undefined);
  });

  it('IP addresses are told from names', () => {
    assert.deepEqual(['127.0.0.1', '::1', '1.2.3', 'broker.test', '10.example'].map(isAddressLiteral), [
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  const identities = ['0008', '0002', 'aabb', '01020304'];
  const binders = ['0003', '02', 'ccdd'];
  codecCase('pre_shared_key of the client', {
    wire: [...identities, ...binders],
    value: [{ identity: fromHex('aabb'), obfuscatedAge: 0x01020304, binder: fromHex('ccdd') }],
    encode: ([psk]) => encodeOfferedPsk(psk ?? assert.fail()),
    decode: decodeOfferedPsks,
  });
  codecCase('pre_shared_key of the server', {
    wire: ['0001'],
    value: 1,
    encode: encodeSelectedIdentity,
    decode: decodeSelectedIdentity,
  });

  it('pre_shared_key ends with the binders, whose length is known before they are', () => {
    const length = encodeOfferedPsk({ identity: fromHex('aabb'), obfuscatedAge: 0, binder: fromHex('ccdd') }).length;
    assert.equal(length - bindersLength(2), fromHex(identities.join('')).length);
    const more = [...identities, '0006', '02', 'ccdd', '02', 'ccdd'];
    assert.throws(() => decodeOfferedPsks(fromHex(more.join(''))), { code: 'KS-T111' }, 'a binder for each identity');
  });

  it('psk_key_exchange_modes allows psk_dhe_ke and nothing else', () => {
    assert.equal(toHex(encodePskModes()), ['01', '01'].join(''));
  });

  it('a block is read to its end, each extension once', () => {
    const block = encodeExtensions([
      { code: extensionCodes.cookie, data: fromHex('aa') },
      { code: 0xfafa, data: new Uint8Array(0) },
    ]);
    assert.equal(toHex(block), ['0009', '002c', '0001', 'aa', 'fafa', '0000'].join(''));
    const read = readExtensions(new ByteReader(block));
    assert.equal(toHex(read.get('cookie') ?? new Uint8Array(0)), 'aa');
    assert.equal(read.get('key_share'), undefined);
    const twice = encodeExtensions([1, 1].map((code) => ({ code, data: new Uint8Array(0) })));
    assert.throws(() => readExtensions(new ByteReader(twice)), { code: 'KS-T112' });
    assert.throws(() => readExtensions(new ByteReader(fromHex('000400000004aabbccdd'))), { name: 'BytesError' });
  });

  it('answers must have been asked for, and stand where RFC 8446 §4.2 puts them', () => {
    const read = (code: number) =>
      readExtensions(new ByteReader(encodeExtensions([{ code, data: new Uint8Array(0) }])));
    const asked = new Set([extensionCodes.server_name, extensionCodes.key_share]);
    read(extensionCodes.server_name).check('EncryptedExtensions', asked);
    assert.throws(() => read(extensionCodes.server_name).check('ServerHello', asked), { code: 'KS-T112' });
    assert.throws(() => read(extensionCodes.supported_groups).check('EncryptedExtensions', asked), { code: 'KS-T113' });
    assert.throws(() => read(0xfafa).check('EncryptedExtensions', asked), { code: 'KS-T113' });
    read(0xfafa).check('CertificateRequest', new Set());
    read(0xfafa).check('NewSessionTicket', new Set());
    read(extensionCodes.cookie).check('HelloRetryRequest', new Set());
  });
});
