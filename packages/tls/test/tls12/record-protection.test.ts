import assert from 'node:assert/strict';
import { type CipherGCMTypes, createCipheriv, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { suiteParameters } from '../../src/suites.ts';
import { Tls12RecordProtection } from '../../src/tls12/record-protection.ts';
import { tls12Suites } from '../support/tls12-policy.ts';

const applicationData = 23;

type Suite = (typeof tls12Suites)[number];

interface Pair {
  readonly sender: Tls12RecordProtection;
  readonly receiver: Tls12RecordProtection;
  readonly key: Buffer;
  readonly salt: Buffer;
}

function pair(suite: Suite): Pair {
  const parameters = suiteParameters[suite];
  const key = randomBytes(parameters.keyLength);
  const salt = randomBytes(4);
  const make = (): Tls12RecordProtection =>
    new Tls12RecordProtection(parameters, Uint8Array.from(key), Uint8Array.from(salt));
  return { sender: make(), receiver: make(), key, salt };
}

/** A record laid out field by field, as RFC 5246 §6.2.3.3, RFC 5288 §3 and RFC 6655 §3 say. */
function obviousRecord(suite: Suite, { key, salt }: Pair, sequence: number, content: Buffer): string {
  const explicitNonce = sequence.toString(16).padStart(16, '0');
  const nonce = Buffer.concat([salt, Buffer.from(explicitNonce, 'hex')]);
  const length = content.length.toString(16).padStart(4, '0');
  const additionalData = Buffer.from(`${explicitNonce}170303${length}`, 'hex');
  const cipher = createCipheriv(suiteParameters[suite].cipher as CipherGCMTypes, key, nonce, { authTagLength: 16 });
  cipher.setAAD(additionalData, { plaintextLength: content.length });
  const ciphertext = cipher.update(content).toString('hex') + cipher.final('hex');
  const recordLength = (8 + content.length + 16).toString(16).padStart(4, '0');
  return `170303${recordLength}${explicitNonce}${ciphertext}${cipher.getAuthTag().toString('hex')}`;
}

describe('record protection of TLS 1.2', () => {
  for (const suite of tls12Suites) {
    it(`lays a record out as the standard says, with the sequence number for a nonce (${suite})`, () => {
      const ends = pair(suite);
      for (const [sequence, length] of [0, 1, 16, 17, 1000, 16_384].entries()) {
        const content = randomBytes(length);
        const record = ends.sender.seal(applicationData, content);
        assert.equal(Buffer.from(record).toString('hex'), obviousRecord(suite, ends, sequence, content));
        const opened = ends.receiver.open(record);
        assert.deepEqual([opened.type, Buffer.from(opened.content), opened.innerLength], [23, content, length]);
      }
      assert.equal(ends.sender.records, 6);
      assert.equal(ends.receiver.records, 6);
    });

    it(`opens in the order of sealing only (${suite})`, () => {
      const { sender, receiver } = pair(suite);
      const first = sender.seal(applicationData, Uint8Array.of(1));
      const second = sender.seal(applicationData, Uint8Array.of(2));
      assert.throws(() => receiver.open(second), { code: 'KS-T115' });
      const other = pair(suite);
      assert.throws(() => other.receiver.open(first), { code: 'KS-T115' });
    });
  }

  it('refuses every changed byte but those of the length, which the reader has cut the record by', () => {
    const length = 5 + 8 + 3 + 16;
    for (let at = 0; at < length; at++) {
      if (at === 3 || at === 4) continue;
      const { sender, receiver } = pair('TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256');
      const record = Uint8Array.from(sender.seal(applicationData, Uint8Array.of(1, 2, 3)));
      record[at] = (record[at] ?? 0) ^ 1;
      assert.throws(() => receiver.open(record), { code: 'KS-T115' }, `byte ${at}`);
    }
  });

  it('refuses every shorter record', () => {
    for (let length = 5; length < 5 + 8 + 3 + 16; length++) {
      const { sender, receiver } = pair('TLS_ECDHE_ECDSA_WITH_AES_128_CCM');
      const record = sender.seal(applicationData, Uint8Array.of(1, 2, 3));
      assert.throws(() => receiver.open(record.subarray(0, length)), { code: 'KS-T115' }, `${length} bytes`);
    }
  });

  it('zeroes the bytes of its key at once and its salt at the end, and works no more', () => {
    const key = new Uint8Array(randomBytes(16));
    const salt = new Uint8Array(randomBytes(4));
    const protection = new Tls12RecordProtection(suiteParameters.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, key, salt);
    assert.deepEqual(key, new Uint8Array(16));
    protection.destroy();
    assert.deepEqual(salt, new Uint8Array(4));
    assert.throws(() => protection.seal(applicationData, Uint8Array.of(1)), { code: 'KS-T100' });
  });
});
