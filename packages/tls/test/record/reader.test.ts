import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { concatBytes } from '@keystile/bytes';
import { RecordProtection } from '../../src/record/protection.ts';
import { RecordReader } from '../../src/record/reader.ts';
import { suiteParameters } from '../../src/suites.ts';

const handshakeRecord = Uint8Array.of(22, 3, 3, 0, 2, 0xaa, 0xbb);
const changeCipherSpec = Uint8Array.of(20, 3, 3, 0, 1, 1);

function protection(): RecordProtection {
  return new RecordProtection(suiteParameters.TLS_AES_128_GCM_SHA256, new Uint8Array(16), new Uint8Array(12));
}

describe('RecordReader', () => {
  it('gives a record when its last byte has come, not before', () => {
    const reader = new RecordReader();
    for (const byte of handshakeRecord.subarray(0, -1)) {
      reader.feed(Uint8Array.of(byte));
      assert.equal(reader.next(false), undefined);
    }
    reader.feed(handshakeRecord.subarray(-1));
    assert.deepEqual(reader.next(false), {
      type: 'handshake',
      content: Uint8Array.of(0xaa, 0xbb),
      isProtected: false,
    });
    assert.equal(reader.backlog, 0);
  });

  it('gives records that came together one after the other, and drops change_cipher_spec between them', () => {
    const reader = new RecordReader();
    reader.feed(concatBytes(handshakeRecord, changeCipherSpec, handshakeRecord));
    assert.equal(reader.next(false)?.type, 'handshake');
    assert.equal(reader.next(false)?.type, 'handshake');
    assert.equal(reader.next(false), undefined);
  });

  it('knows by the first byte that something else than TLS answers', () => {
    for (const foreign of ['HTTP/1.1 400 Bad Request', '\x20\x02\x00\x00', 'SSH-2.0-']) {
      const reader = new RecordReader();
      reader.feed(Buffer.from(foreign, 'latin1'));
      assert.throws(() => reader.next(false), { code: 'KS-T122' });
    }
  });

  it('takes no application data before there are keys, and nothing in the clear after', () => {
    const early = new RecordReader();
    early.feed(concatBytes(handshakeRecord, Uint8Array.of(23, 3, 3, 0, 1, 0)));
    early.next(false);
    assert.throws(() => early.next(false), { code: 'KS-T110' });
    const late = new RecordReader();
    late.useProtection(protection());
    late.feed(handshakeRecord);
    assert.throws(() => late.next(false), { code: 'KS-T110' });
  });

  it('refuses a length beyond the limit from the header alone', () => {
    const reader = new RecordReader();
    reader.feed(Uint8Array.of(22, 3, 3, 0x40, 0x01));
    assert.throws(() => reader.next(false), { code: 'KS-T116' });
    const keyed = new RecordReader();
    keyed.useProtection(protection());
    keyed.feed(Uint8Array.of(22, 3, 3, 0x41, 0x01));
    assert.throws(() => keyed.next(false), { code: 'KS-T116' });
  });

  it('holds the peer to a record size limit, type and padding counted', () => {
    const sender = protection();
    const reader = new RecordReader();
    reader.feed(handshakeRecord);
    reader.next(false);
    reader.useProtection(protection());
    reader.limitInner(64);
    reader.feed(sender.seal(23, new Uint8Array(63)));
    assert.equal(reader.next(false)?.content.length, 63);
    reader.feed(sender.seal(23, new Uint8Array(60), 4));
    assert.throws(() => reader.next(false), { code: 'KS-T116' });
  });

  it('gives the change_cipher_spec of TLS 1.2, between messages and before its keys only', () => {
    const reader = new RecordReader();
    reader.feed(handshakeRecord);
    reader.next(false);
    reader.useTls12();
    reader.feed(changeCipherSpec);
    assert.equal(reader.next(false)?.type, 'change_cipher_spec');
    reader.feed(changeCipherSpec);
    assert.throws(() => reader.next(true), { code: 'KS-T110' });
    reader.useProtection(protection());
    reader.feed(changeCipherSpec);
    assert.throws(() => reader.next(false), { code: 'KS-T110' });
  });

  it('finds out that a change_cipher_spec came before the ServerHello of TLS 1.2', () => {
    const reader = new RecordReader();
    reader.feed(concatBytes(handshakeRecord, changeCipherSpec));
    reader.next(false);
    reader.next(false);
    assert.throws(() => reader.useTls12(), { code: 'KS-T110' });
  });

  it('takes the version of a record for what it says in TLS 1.2, and for nothing in TLS 1.3', () => {
    const older = handshakeRecord.with(2, 1);
    const reader = new RecordReader();
    reader.feed(concatBytes(older, older));
    assert.equal(reader.next(false)?.type, 'handshake');
    reader.useTls12();
    assert.throws(() => reader.next(false), { code: 'KS-T112' });
  });
});
