import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matchesLevels, subsumesLevels } from '../../src/topics/match.ts';
import { matches } from '../model/twin.ts';

/** Every sequence of one to `lengthMax` levels, as far as it is a filter. */
function sequences(levels: readonly string[], lengthMax: number): string[] {
  let last: string[] = [''];
  const all: string[] = [];
  for (let length = 1; length <= lengthMax; length++) {
    last = last.flatMap((start) =>
      start.endsWith('#') ? [] : levels.map((level) => (length === 1 ? level : `${start}/${level}`)),
    );
    all.push(...last);
  }
  return all;
}

const filters = sequences(['a', '$b', '', '+', '#'], 3);
const topics = sequences(['a', '$b', '', 'other'], 4).filter((topic) => topic !== '');

describe('matchesLevels', () => {
  it('agrees with a recursive match on every filter of three levels and every topic of four', () => {
    for (const filter of filters) {
      for (const topic of topics) {
        assert.equal(matchesLevels(filter.split('/'), topic.split('/')), matches(filter, topic), `${filter} ${topic}`);
      }
    }
  });
});

describe('subsumesLevels', () => {
  it('never calls a filter covered that matches a topic more', () => {
    for (const outer of filters) {
      const uncovered = topics.filter((topic) => !matches(outer, topic));
      for (const inner of filters) {
        if (!subsumesLevels(outer.split('/'), inner.split('/'))) continue;
        const escaped = uncovered.find((topic) => matches(inner, topic));
        assert.equal(escaped, undefined, `'${outer}' does not cover '${inner}'`);
      }
    }
  });

  it('covers what is the same, one level by +, and all below by #', () => {
    const covered = [
      ['a/b', 'a/b'],
      ['a/+', 'a/b'],
      ['a/+', 'a/+'],
      ['a/#', 'a'],
      ['a/#', 'a/b/c'],
      ['a/#', 'a/+/c'],
      ['a/#', 'a/#'],
      ['#', 'a/#'],
      ['#', '+'],
      ['#', '#'],
      ['+/b/#', 'a/b'],
    ];
    for (const [outer = '', inner = ''] of covered) {
      assert.ok(subsumesLevels(outer.split('/'), inner.split('/')), `${outer} covers ${inner}`);
    }
  });
});
