import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fromHex, toHex } from '@keystile/bytes';
import { extensionCodes } from '../../src/extensions/extension.ts';
import { decodeCertificate, encodeCertificate } from '../../src/messages/certificate.ts';
import { decodeCertificateRequest, encodeCertificateRequest } from '../../src/messages/certificate-request.ts';
import { decodeCertificateVerify, encodeCertificateVerify } from '../../src/messages/certificate-verify.ts';
import { decodeClientHello, encodeClientHello } from '../../src/messages/client-hello.ts';
import { decodeEncryptedExtensions, encodeEncryptedExtensions } from '../../src/messages/encrypted-extensions.ts';
import { encodeFinished } from '../../src/messages/finished.ts';
import { HandshakeJoiner } from '../../src/messages/joiner.ts';
import { decodeKeyUpdate, encodeKeyUpdate } from '../../src/messages/key-update.ts';
import { decodeNewSessionTicket, encodeNewSessionTicket } from '../../src/messages/new-session-ticket.ts';
import { decodeServerHello, encodeServerHello, sentinelOf } from '../../src/messages/server-hello.ts';
import { codecCase } from '../support/codec-cases.ts';

const random: Uint8Array = new Uint8Array(32).fill(0x11);
const sessionId = fromHex('5e55');
const cookie = [{ code: extensionCodes.cookie, data: fromHex('aa') }];
const cookieWire = ['0005', '002c', '0001', 'aa'];

/** Encoders give header and body; decoders take the body. */
const body = (encoded: Uint8Array): Uint8Array => encoded.subarray(4);

describe('message codecs', () => {
  codecCase('ClientHello', {
    wire: ['0303', toHex(random), '02', '5e55', '0004', '1301', '1302', '01', '00', ...cookieWire],
    value: { random, sessionId, cipherSuites: [0x1301, 0x1302] as readonly number[] },
    encode: (value) => body(encodeClientHello(value, cookie)),
    decode: (bytes) => {
      const { extensions, ...hello } = decodeClientHello(bytes);
      assert.equal(toHex(extensions.get('cookie') ?? random), 'aa');
      return hello;
    },
  });
  codecCase('ServerHello', {
    wire: ['0303', toHex(random), '02', '5e55', '1301', '00', ...cookieWire],
    value: { legacyVersion: 0x0303, random, sessionId, cipherSuite: 0x1301, compression: 0 },
    encode: (value) => body(encodeServerHello(value, cookie)),
    decode: (bytes) => {
      const { extensions, isRetryRequest, ...hello } = decodeServerHello(bytes);
      assert.equal(isRetryRequest, false);
      return hello;
    },
    // Without an extension block it is a whole ServerHello of TLS 1.2.
    wholeAt: [2 + 32 + 3 + 2 + 1],
  });
  codecCase('EncryptedExtensions', {
    wire: cookieWire,
    value: 'aa',
    encode: () => body(encodeEncryptedExtensions(cookie)),
    decode: (bytes) => toHex(decodeEncryptedExtensions(bytes).get('cookie') ?? random),
  });
  codecCase('CertificateRequest', {
    wire: ['01', '09', ...cookieWire],
    value: fromHex('09'),
    encode: (value) => body(encodeCertificateRequest(value, cookie)),
    decode: (bytes) => decodeCertificateRequest(bytes).context,
  });
  codecCase('Certificate', {
    wire: ['00', '000012', '000002', '3001', ...cookieWire, '000001', '30', '0000'],
    value: [fromHex('3001'), fromHex('30')],
    encode: (value) => body(encodeCertificate(new Uint8Array(0), value, cookie)),
    decode: (bytes) => decodeCertificate(bytes).entries.map(({ certificate }) => certificate),
  });
  codecCase('CertificateVerify', {
    wire: ['0403', '0003', '300600'],
    value: { scheme: 0x0403, signature: fromHex('300600') },
    encode: (value) => body(encodeCertificateVerify(value)),
    decode: decodeCertificateVerify,
  });
  codecCase('Finished', { wire: ['14', '000002', 'beef'], value: fromHex('beef'), encode: encodeFinished });
  codecCase('KeyUpdate', {
    wire: ['01'],
    value: { updateRequested: true },
    encode: (value) => body(encodeKeyUpdate(value)),
    decode: decodeKeyUpdate,
  });
  codecCase('NewSessionTicket', {
    wire: ['00001c20', '01020304', '01', '00', '0002', 'feed', ...cookieWire],
    value: { lifetimeSeconds: 7200, ageAdd: 0x01020304, nonce: fromHex('00'), ticket: fromHex('feed') },
    encode: (value) => body(encodeNewSessionTicket(value, cookie)),
    decode: (bytes) => {
      const { extensions, ...ticket } = decodeNewSessionTicket(bytes);
      return ticket;
    },
  });
});

describe('message rules', () => {
  it('a KeyUpdate asks or does not ask', () => {
    assert.deepEqual(decodeKeyUpdate(fromHex('00')), { updateRequested: false });
    assert.throws(() => decodeKeyUpdate(fromHex('02')), { code: 'KS-T112' });
  });

  it('a certificate, a signature and a ticket are never empty', () => {
    assert.throws(() => decodeCertificate(fromHex('000000050000000000')), { code: 'KS-T111' });
    assert.throws(() => decodeCertificateVerify(fromHex('04030000')), { code: 'KS-T111' });
    assert.throws(() => decodeNewSessionTicket(fromHex('000000000000000000' + '0000' + '0000')), { code: 'KS-T111' });
  });

  it('the sentinel of a downgrade stands at the end of the random, for TLS 1.2 and for older', () => {
    const ending = (hex: string): Uint8Array => fromHex('00'.repeat(24) + hex);
    assert.equal(sentinelOf(ending('444f574e47524401')), 'TLS 1.3');
    assert.equal(sentinelOf(ending('444f574e47524400')), 'TLS 1.2');
    assert.equal(sentinelOf(ending('444f574e47524402')), undefined);
  });
});

describe('HandshakeJoiner', () => {
  it('joins messages from fragments of any size', () => {
    const joiner = new HandshakeJoiner(100);
    const wire = fromHex('08000002aabb' + '14000001cc');
    const found: string[] = [];
    for (const byte of wire) {
      joiner.push(Uint8Array.of(byte), true);
      const message = joiner.next();
      if (message !== undefined) found.push(`${message.type}:${toHex(message.body)}:${toHex(message.encoded)}`);
    }
    assert.deepEqual(found, ['8:aabb:08000002aabb', '20:cc:14000001cc']);
    assert.equal(joiner.midMessage, false);
  });

  it('gives messages that are whole in a fragment of ours as they lie there, and joins the rest with what follows', () => {
    const joiner = new HandshakeJoiner(100);
    const fragment = fromHex('08000002aabb' + '14000001cc' + '0400');
    joiner.push(fragment, true);
    const [first, second] = [joiner.next(), joiner.next()];
    assert.deepEqual([first?.encoded.buffer, second?.encoded.buffer], [fragment.buffer, fragment.buffer]);
    assert.equal(joiner.next(), undefined);
    assert.equal(joiner.backlog, 2);
    joiner.push(fromHex('0001ff'), true);
    assert.equal(toHex(joiner.next()?.encoded ?? new Uint8Array(0)), '04000001ff');
    assert.equal(joiner.midMessage, false);
  });

  it('keeps nothing of a fragment whose memory is not ours', () => {
    const joiner = new HandshakeJoiner(100);
    const fragment = fromHex('08000002aabb');
    joiner.push(fragment, false);
    fragment.fill(0);
    assert.equal(toHex(joiner.next()?.encoded ?? new Uint8Array(0)), '08000002aabb');
  });

  it('refuses by the header what exceeds the budget that is left', () => {
    const joiner = new HandshakeJoiner(20);
    joiner.push(fromHex('0800000affffffffffffffffffff'), false);
    assert.ok(joiner.next() !== undefined);
    joiner.push(fromHex('08000003'), true);
    assert.throws(() => joiner.next(), { code: 'KS-T117' });
    const later = new HandshakeJoiner(4);
    later.limitEachMessage(5);
    for (let i = 0; i < 10; i++) {
      later.push(fromHex('1800000101'), true);
      assert.ok(later.next() !== undefined);
    }
  });
});
