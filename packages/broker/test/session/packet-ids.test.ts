import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PacketIds } from '../../src/session/packet-ids.ts';

describe('PacketIds', () => {
  it('go from 1 to 65,535 and round again, past those in use', () => {
    const ids = new PacketIds();
    const given = Array.from({ length: 65_536 }, () => ids.next((id) => id === 2));
    assert.deepEqual(given.slice(0, 3), [1, 3, 4]);
    assert.deepEqual(given.slice(-3), [65_535, 1, 3]);
  });

  it('are none when all are in use', () => {
    assert.equal(
      new PacketIds().next(() => true),
      undefined,
    );
  });
});
