import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toHex } from '@keystile/bytes';
import { RecordProtection } from '../../src/record/protection.ts';
import { RecordWriter } from '../../src/record/writer.ts';
import { suiteParameters } from '../../src/suites.ts';

function protection(): RecordProtection {
  return new RecordProtection(suiteParameters.TLS_AES_128_GCM_SHA256, new Uint8Array(16), new Uint8Array(12));
}

describe('RecordWriter', () => {
  it('says 0x0301 in the first record and 0x0303 in those after it', () => {
    const writer = new RecordWriter(1);
    writer.send('handshake', Uint8Array.of(1));
    writer.send('handshake', Uint8Array.of(2));
    assert.equal(toHex(writer.take(100)), '160301000101' + '160303000102');
  });

  it('sends one change_cipher_spec before the first protected record', () => {
    const writer = new RecordWriter(1);
    writer.useProtection(protection());
    writer.send('handshake', Uint8Array.of(1));
    writer.send('alert', Uint8Array.of(2, 10));
    const bytes = writer.take(1000);
    assert.equal(toHex(bytes.subarray(0, 6)), '140303000101');
    assert.equal(bytes[6], 23);
    assert.equal(bytes[6 + 5 + 18], 23);
    assert.equal(bytes.length, 6 + (5 + 18) + (5 + 19));
  });

  it('never sends application data without a key', () => {
    assert.throws(() => new RecordWriter(1).send('application_data', Uint8Array.of(1)), { code: 'KS-T100' });
  });

  it('fragments and pads within the limit of the peer', () => {
    const writer = new RecordWriter(100);
    writer.useProtection(protection());
    writer.sendChangeCipherSpec();
    writer.take(100);
    writer.limitInner(150);
    assert.equal(writer.contentMax, 149);
    writer.send('application_data', new Uint8Array(160));
    // 149 + type fill the limit; 11 + type are padded to 100.
    assert.equal(writer.backlog, 5 + 150 + 16 + (5 + 100 + 16));
    assert.equal(writer.recordsUnderKey, 2);
  });
});
