import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fromHex } from '@keystile/bytes';
import { demandUncompressed, encodePointFormats } from '../../src/extensions/ec-point-formats.ts';
import { encodeFirstNegotiation, isFirstNegotiation } from '../../src/extensions/renegotiation-info.ts';
import { decodeTls12Certificate, encodeTls12Certificate } from '../../src/tls12/messages/certificate.ts';
import {
  decodeTls12CertificateRequest,
  encodeTls12CertificateRequest,
} from '../../src/tls12/messages/certificate-request.ts';
import { decodeCertificateStatus, encodeCertificateStatus } from '../../src/tls12/messages/certificate-status.ts';
import { decodeClientKeyExchange, encodeClientKeyExchange } from '../../src/tls12/messages/client-key-exchange.ts';
import { decodeHelloRequest, encodeHelloRequest } from '../../src/tls12/messages/hello-request.ts';
import { decodeTls12SessionTicket, encodeTls12SessionTicket } from '../../src/tls12/messages/new-session-ticket.ts';
import { decodeServerHelloDone, encodeServerHelloDone } from '../../src/tls12/messages/server-hello-done.ts';
import {
  decodeServerKeyExchange,
  encodeEcdhParams,
  encodeServerKeyExchange,
} from '../../src/tls12/messages/server-key-exchange.ts';
import { codecCase } from '../support/codec-cases.ts';

/** The codecs' decoders take a message's body, their encoders give the message: `type` and the length stand before. */
function body<Value>(encode: (value: Value) => Uint8Array): (value: Value) => Uint8Array {
  return (value) => encode(value).subarray(4);
}

describe('message codecs of TLS 1.2', () => {
  codecCase('Certificate', {
    wire: ['00000a', '000003', 'aabbcc', '000001', '0d'],
    value: [fromHex('aabbcc'), fromHex('0d')],
    encode: body(encodeTls12Certificate),
    decode: decodeTls12Certificate,
  });
  codecCase('Certificate of a client without one', {
    wire: ['000000'],
    value: [],
    encode: body(encodeTls12Certificate),
    decode: decodeTls12Certificate,
  });
  codecCase('CertificateRequest', {
    wire: ['02', '40', '01', '0004', '0403', '0804', '0000'],
    value: { certificateTypes: [64, 1], schemes: [0x0403, 0x0804] },
    encode: body(encodeTls12CertificateRequest),
    decode: decodeTls12CertificateRequest,
  });
  codecCase('CertificateRequest with the names of authorities', {
    wire: ['01', '40', '0002', '0403', '0007', '0002', '3000', '0001', '30'],
    value: { certificateTypes: [64], schemes: [0x0403] },
    decode: decodeTls12CertificateRequest,
  });
  codecCase('CertificateStatus', {
    wire: ['01', '000003', '300101'],
    value: fromHex('300101'),
    encode: body(encodeCertificateStatus),
    decode: decodeCertificateStatus,
  });
  codecCase('ServerKeyExchange', {
    wire: ['03', '001d', '04', '01020304', '0403', '0002', '3000'],
    value: {
      group: 0x1d,
      share: fromHex('01020304'),
      params: fromHex('03001d0401020304'),
      scheme: 0x0403,
      signature: fromHex('3000'),
    },
    encode: body(encodeServerKeyExchange),
    decode: decodeServerKeyExchange,
  });
  codecCase('ServerECDHParams', {
    wire: ['03', '0017', '02', '0405'],
    value: { group: 0x17, share: fromHex('0405') },
    encode: encodeEcdhParams,
  });
  codecCase('ClientKeyExchange', {
    wire: ['03', '040506'],
    value: fromHex('040506'),
    encode: body(encodeClientKeyExchange),
    decode: decodeClientKeyExchange,
  });
  codecCase('NewSessionTicket', {
    wire: ['00001c20', '0003', 'aabbcc'],
    value: { lifetimeSeconds: 7200, ticket: fromHex('aabbcc') },
    encode: body(encodeTls12SessionTicket),
    decode: decodeTls12SessionTicket,
  });
  codecCase('ServerHelloDone', {
    wire: [],
    value: undefined,
    encode: body(encodeServerHelloDone),
    decode: decodeServerHelloDone,
  });
  codecCase('HelloRequest', {
    wire: [],
    value: undefined,
    encode: body(encodeHelloRequest),
    decode: decodeHelloRequest,
  });

  it('refuse vectors that are empty where they may not be, and curves that are not named', () => {
    for (const [decode, hex] of [
      [decodeTls12Certificate, '000003' + '000000'],
      [decodeTls12CertificateRequest, '00' + '00020403' + '0000'],
      [decodeTls12CertificateRequest, '0140' + '0000' + '0000'],
      [decodeTls12CertificateRequest, '0140' + '00020403' + '0002' + '0000'],
      [decodeServerKeyExchange, '03001d00' + '0403' + '00023000'],
      [decodeServerKeyExchange, '03001d0101' + '0403' + '0000'],
      [decodeServerKeyExchange, '01001d0101' + '0403' + '00023000'],
      [decodeServerKeyExchange, '02001d0101' + '0403' + '00023000'],
      [decodeClientKeyExchange, '00'],
    ] as const) {
      assert.throws(() => decode(fromHex(hex)), { code: 'KS-T111' }, `${decode.name} ${hex}`);
    }
  });
});

describe('extensions of TLS 1.2', () => {
  codecCase('ec_point_formats', { wire: ['01', '00'], value: undefined, encode: encodePointFormats });
  codecCase('renegotiation_info', { wire: ['00'], value: undefined, encode: encodeFirstNegotiation });

  it('tell a first handshake from a renegotiation', () => {
    assert.equal(isFirstNegotiation(fromHex('00')), true);
    assert.equal(isFirstNegotiation(fromHex('0101')), false);
    assert.throws(() => isFirstNegotiation(fromHex('0001')), { code: 'KS-T111' });
  });

  it('demand uncompressed points, among whatever else', () => {
    demandUncompressed(fromHex('03010002'));
    assert.throws(() => demandUncompressed(fromHex('0101')), { code: 'KS-T112' });
    assert.throws(() => demandUncompressed(fromHex('00')), { code: 'KS-T111' });
  });
});
