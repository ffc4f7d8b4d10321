import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LISTS_LENGTH_MAX, RevocationLists } from '../../src/sessions/revocation-lists.ts';

const list = Uint8Array.from({ length: 100 }, (_, i) => i);

function addWhole(lists: RevocationLists, bytes: Uint8Array): void {
  lists.add({ offset: 0, total: bytes.length, bytes });
}

describe('revocation lists that a host brings', () => {
  it('are put together from pieces, however small', () => {
    const lists = new RevocationLists();
    for (let offset = 0; offset < list.length; offset++) {
      assert.equal(lists.count, 0);
      lists.add({ offset, total: list.length, bytes: list.subarray(offset, offset + 1) });
    }
    addWhole(lists, list.subarray(0, 7));
    assert.equal(lists.count, 2);
    assert.equal(lists.room, LISTS_LENGTH_MAX - 107);
    assert.deepEqual(lists.take(), [list, list.subarray(0, 7)]);
  });

  it('are refused where a piece does not follow, and begun anew from offset 0', () => {
    const wrong: readonly (readonly [number, number, Uint8Array])[] = [
      [50, 99, list.subarray(50)],
      [49, 100, list.subarray(49)],
      [51, 100, list.subarray(51)],
      [50, 100, list],
      [50, 100, new Uint8Array(0)],
      [0, 0, new Uint8Array(0)],
      [0, 50, list],
    ];
    for (const [offset, total, bytes] of wrong) {
      const lists = new RevocationLists();
      lists.add({ offset: 0, total: 100, bytes: list.subarray(0, 50) });
      assert.throws(() => lists.add({ offset, total, bytes }), { code: 'KS-C142' }, `${offset} of ${total}`);
      assert.throws(() => lists.add({ offset: 50, total: 100, bytes: list.subarray(50) }), { code: 'KS-C142' });
      assert.equal(lists.heldBytes, 0, 'what does not become a list is not kept');
      addWhole(lists, list);
      assert.equal(lists.count, 1);
    }
  });

  it('are at most eight, of 32 KiB together; room is taken from the first piece on', () => {
    const many = new RevocationLists();
    for (let each = 0; each < 8; each++) addWhole(many, list);
    assert.throws(() => addWhole(many, list), { code: 'KS-C169', detail: /8 lists/ });
    const large = new RevocationLists();
    addWhole(large, list);
    const tooLong = { offset: 0, total: LISTS_LENGTH_MAX - 99, bytes: list };
    assert.throws(() => large.add(tooLong), { code: 'KS-C169', detail: /32669 bytes, where 32668 of 32768 are left/ });
    large.add({ ...tooLong, total: LISTS_LENGTH_MAX - 100 });
    assert.equal(large.room, 0);
    assert.throws(() => large.add({ offset: 0, total: 0xffff_ffff, bytes: list }), { code: 'KS-C169' });
    assert.equal(large.heldBytes, 100);
  });

  it('are taken once, after which nothing is held and nothing more is accepted', () => {
    const lists = new RevocationLists();
    addWhole(lists, list);
    lists.add({ offset: 0, total: 100, bytes: list.subarray(1) });
    assert.deepEqual(lists.take(), [list]);
    assert.equal(lists.heldBytes, 0);
    assert.throws(() => addWhole(lists, list), { code: 'KS-C181' });
    assert.deepEqual(lists.take(), []);
  });
});
