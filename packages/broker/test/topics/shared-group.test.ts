import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GROUP_STEPS_MAX } from '../../src/limits.ts';
import { SharedGroup, type Standing } from '../../src/topics/shared-group.ts';

function groupOf(count: number): SharedGroup<number> {
  const group = new SharedGroup<number>();
  for (let member = 0; member < count; member++) group.set(`${member}`, member);
  return group;
}

describe('SharedGroup', () => {
  it('goes round its members, also through joining and leaving', () => {
    const group = groupOf(3);
    const ready = (): Standing => 'ready';
    const turns = Array.from({ length: 6 }, () => group.next(ready));
    assert.deepEqual(turns, [0, 1, 2, 0, 1, 2]);
    group.delete('0');
    group.set('3', 3);
    group.set('3', 3);
    assert.equal(group.size, 3);
    const counts = new Map<number | undefined, number>();
    for (let turn = 0; turn < 9; turn++) {
      const member = group.next(ready);
      counts.set(member, (counts.get(member) ?? 0) + 1);
    }
    assert.deepEqual([...counts].sort(), [
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
  });

  it('prefers ready to busy to absent, and never takes a barred one', () => {
    const standings: Standing[] = ['barred', 'absent', 'busy', 'ready'];
    const group = groupOf(4);
    const standingOf = (member: number): Standing => standings[member] ?? 'barred';
    for (const expected of [3, 2, 1, undefined]) {
      for (let turn = 0; turn < 3; turn++) assert.equal(group.next(standingOf), expected);
      if (expected !== undefined) group.delete(`${expected}`);
    }
  });

  it('spreads messages over members that are all away', () => {
    const group = groupOf(3);
    const turns = Array.from({ length: 6 }, () => group.next(() => 'absent'));
    assert.deepEqual(turns, [0, 1, 2, 0, 1, 2]);
  });

  it('asks a bounded number of members for one message, and finds the one that is ready in the end', () => {
    const size = 10 * GROUP_STEPS_MAX;
    const group = groupOf(size);
    let asked = 0;
    let found: number | undefined;
    let messages = 0;
    const standingOf = (member: number): Standing => {
      asked += 1;
      return member === size - 1 ? 'ready' : 'barred';
    };
    while (found === undefined && messages < 100) {
      found = group.next(standingOf);
      messages += 1;
      assert.ok(asked <= messages * GROUP_STEPS_MAX);
    }
    assert.equal(found, size - 1);
  });

  it('has nobody when it is empty', () => {
    assert.equal(
      groupOf(0).next(() => 'ready'),
      undefined,
    );
  });
});
