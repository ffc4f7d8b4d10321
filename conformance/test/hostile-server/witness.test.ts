import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { anyRecord } from '../../src/hostile-server/mutation/sealing.ts';
import type { WireRecord } from '../../src/hostile-server/mutation/utterance.ts';
import { isPrefix, Witness } from '../../src/hostile-server/mutation/witness.ts';

const hello = anyRecord(22, Uint8Array.of(1, 2, 3));

function sealed(type: WireRecord['type'], content: number[], cipher: number): WireRecord {
  const bytes = anyRecord(23, new Uint8Array(30).fill(cipher));
  return { type, content: Uint8Array.from(content), isProtected: true, bytes };
}

const first = sealed('handshake', [4, 5], 100);
const second = sealed('application_data', [6], 101);

function witness(): Witness {
  const made = new Witness();
  made.knows([{ type: 'handshake', content: Uint8Array.of(1), isProtected: false, bytes: hello }, first, second]);
  return made;
}

describe('the witness', () => {
  it('understands what is in the clear, and sealed records in their order, in any pieces', () => {
    const made = witness();
    for (const byte of [...hello, ...first.bytes, ...second.bytes]) made.sees(Uint8Array.of(byte));
    assert.deepEqual([...made.handshake], [1, 2, 3, 4, 5]);
    assert.deepEqual([...made.data], [6]);
  });

  it('understands nothing after a sealed record that was changed, repeated or left out', () => {
    const changed = first.bytes.with(9, 0);
    for (const records of [
      [hello, changed, first.bytes],
      [hello, second.bytes, first.bytes],
      [hello, first.bytes, first.bytes, second.bytes],
    ]) {
      const made = witness();
      for (const record of records) made.sees(record);
      assert.deepEqual([...made.data], []);
    }
  });

  it('passes over alerts and change_cipher_spec in the clear, and hears no handshake there once keys are in use', () => {
    const made = witness();
    for (const record of [anyRecord(20, Uint8Array.of(1)), hello, first.bytes, hello, second.bytes]) made.sees(record);
    assert.deepEqual([...made.handshake], [1, 2, 3, 4, 5]);
    assert.deepEqual([...made.data], []);
  });
});

describe('a prefix', () => {
  it('is the beginning of the whole, or all of it', () => {
    assert.ok(isPrefix(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 3)));
    assert.ok(isPrefix(new Uint8Array(0), new Uint8Array(0)));
    assert.ok(!isPrefix(Uint8Array.of(1, 3), Uint8Array.of(1, 2, 3)));
    assert.ok(!isPrefix(Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2)));
  });
});
