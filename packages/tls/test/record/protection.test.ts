import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { fromHex, toHex } from '@keystile/bytes';
import type { CipherSuite } from '../../src/codepoints.ts';
import { RecordProtection } from '../../src/record/protection.ts';
import { suiteParameters } from '../../src/suites.ts';

const handshake = 22;

function pair(suite: CipherSuite): readonly [RecordProtection, RecordProtection] {
  const parameters = suiteParameters[suite];
  const key = randomBytes(parameters.keyLength);
  const iv = randomBytes(12);
  return [
    new RecordProtection(parameters, Uint8Array.from(key), Uint8Array.from(iv)),
    new RecordProtection(parameters, Uint8Array.from(key), Uint8Array.from(iv)),
  ];
}

describe('RecordProtection', () => {
  it("reproduces the client's Finished record of RFC 8448 §3", () => {
    const key = fromHex('dbfaa693d1762c5b666af5d950258d01');
    const iv = fromHex('5bd3c71b836e0b76bb73265f');
    const protection = new RecordProtection(suiteParameters.TLS_AES_128_GCM_SHA256, key, iv);
    const finished = fromHex('14000020a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61');
    assert.equal(
      toHex(protection.seal(handshake, finished)),
      '1703030035' +
        '75ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc44d87f38f80338ac98fc46deb384bd1caeacab6867d726c40546',
    );
  });

  for (const suite of ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_AES_128_CCM_SHA256'] as const) {
    it(`opens what it sealed, padding gone, in the order of sealing only (${suite})`, () => {
      const [sender, receiver] = pair(suite);
      const first = sender.seal(handshake, Uint8Array.of(1, 2), 9);
      const second = sender.seal(handshake, new Uint8Array(0));
      const opened = receiver.open(first);
      assert.deepEqual([opened.type, [...opened.content], opened.innerLength], [handshake, [1, 2], 12]);
      assert.equal(receiver.open(second).content.length, 0);
      assert.throws(() => receiver.open(first), { code: 'KS-T115' });
    });
  }

  it('refuses every changed byte of a record, header included', () => {
    const length = 5 + 3 + 1 + 16;
    for (let at = 0; at < length; at++) {
      const [sender, receiver] = pair('TLS_AES_128_GCM_SHA256');
      const changed = sender.seal(handshake, Uint8Array.of(1, 2, 3));
      changed[at] = (changed[at] ?? 0) ^ 0x80;
      assert.throws(() => receiver.open(changed), { code: 'KS-T115' }, `byte ${at}`);
    }
  });

  it('zeroes the key that it was given, and the IV when it is destroyed and works no more', () => {
    const key = randomBytes(16);
    const iv = randomBytes(12);
    const protection = new RecordProtection(suiteParameters.TLS_AES_128_GCM_SHA256, key, iv);
    assert.deepEqual([...key], new Array(16).fill(0));
    protection.destroy();
    assert.deepEqual([...iv], new Array(12).fill(0));
    assert.throws(() => protection.seal(handshake, Uint8Array.of(1)), { code: 'KS-T100' });
  });
});
