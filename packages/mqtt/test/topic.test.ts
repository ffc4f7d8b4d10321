import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  parsePacketId,
  parseTopicFilter,
  parseTopicName,
  sharedFilter,
  TOPIC_LENGTH_MAX,
  TOPIC_LEVELS_MAX,
} from '../src/index.ts';
import { exceedsTopicLimits } from '../src/topic.ts';
import { topicFilter } from './support/vectors.ts';

const filters = [
  'a',
  '/',
  '//',
  'a/',
  '/a',
  ' ',
  'a b',
  '#',
  '+',
  '/#',
  '+/+',
  'a/+/b',
  'a/#',
  '+/#',
  '$SYS/#',
  '$',
  'é/\u{1f601}',
];
const notFilters = [
  '',
  'a#',
  '#a',
  'a/#/b',
  '##',
  '#/',
  '/a#',
  'a+',
  '+a',
  'a/b+/c',
  '++',
  'a/++',
  '+#',
  'a\u0000b',
  'a\nb',
  '\ud800',
];

describe('topics', () => {
  it('are filters with wildcards that stand alone, the one for all levels last', () => {
    for (const text of filters) assert.equal(parseTopicFilter(text), text);
    for (const text of notFilters) assert.equal(parseTopicFilter(text), undefined, JSON.stringify(text));
  });

  it('are names without wildcards', () => {
    for (const text of ['a', '/', 'a//b', ' ', '$SYS/x', '$share/g/t', 'é']) assert.equal(parseTopicName(text), text);
    for (const text of [...notFilters, '#', '+', 'a/+', 'a/#', 'a+b']) {
      assert.equal(parseTopicName(text), undefined, JSON.stringify(text));
    }
  });

  it('have a greatest length in bytes of UTF-8 and a greatest depth', () => {
    const longest = 'x'.repeat(TOPIC_LENGTH_MAX);
    const deepest = '/'.repeat(TOPIC_LEVELS_MAX - 1);
    for (const parse of [parseTopicName, parseTopicFilter]) {
      assert.equal(parse(longest), longest);
      assert.equal(parse(deepest), deepest);
      assert.equal(parse('\u{1f601}'.repeat(TOPIC_LENGTH_MAX / 4)) !== undefined, true);
      for (const over of [`${longest}x`, `${deepest}/`, `${'\u{1f601}'.repeat(TOPIC_LENGTH_MAX / 4)}x`]) {
        assert.equal(parse(over), undefined);
        assert.equal(exceedsTopicLimits(over), true);
      }
    }
    assert.equal(exceedsTopicLimits(deepest), false);
  });

  it('measure text as UTF-8 does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1000, maxLength: 2500, size: 'max' }), (text) => {
        const bytes = new TextEncoder().encode(text).length;
        const levels = text.split('/').length;
        assert.equal(exceedsTopicLimits(text), bytes > TOPIC_LENGTH_MAX || levels > TOPIC_LEVELS_MAX);
      }),
      { numRuns: 200 },
    );
  });

  it('agree with a twin that splits them into levels', () => {
    const level = fc.constantFrom('', 'a', 'bc', '+', '#', 'a+', '#b', '$share', '$SYS', '++');
    fc.assert(
      fc.property(fc.array(level, { minLength: 1, maxLength: 6 }), (levels) => {
        assert.equal(parseTopicFilter(levels.join('/')) !== undefined, isFilter(levels));
        const isName = levels.join('/') !== '' && !/[+#]/.test(levels.join());
        assert.equal(parseTopicName(levels.join('/')) !== undefined, isName);
      }),
      { numRuns: 2000 },
    );
  });
});

function isFilter(levels: readonly string[]): boolean {
  if (levels.join('/') === '') return false;
  if (levels.some((level) => level.length > 1 && /[+#]/.test(level))) return false;
  if (levels.indexOf('#') >= 0 && levels.indexOf('#') !== levels.length - 1) return false;
  if (levels[0] !== '$share') return true;
  const [, group, ...filter] = levels;
  return group !== undefined && !['', '+', '#'].includes(group) && filter.join('/') !== '' && !isNested(filter);
}

function isNested(filter: readonly string[]): boolean {
  return filter[0] === '$share' && filter.length > 1;
}

describe('shared filters', () => {
  it('have a group and a filter', () => {
    assert.deepEqual(sharedFilter(topicFilter('$share/g/a/+/#')), { group: 'g', filter: 'a/+/#' });
    assert.deepEqual(sharedFilter(topicFilter('$share/g//')), { group: 'g', filter: '/' });
    for (const text of ['a', '$shared/g/a', 'x/$share/g/a', '$SHARE/g/a', '/$share/g/a']) {
      assert.equal(sharedFilter(topicFilter(text)), undefined);
    }
  });

  it('yield a filter that is one, and is not shared again', () => {
    const level = fc.constantFrom('', 'a', '+', '#', '$share', 'g');
    fc.assert(
      fc.property(fc.array(level, { minLength: 1, maxLength: 6 }), (levels) => {
        const whole = parseTopicFilter(['$share', 'g', ...levels].join('/'));
        if (whole === undefined) return;
        const inner = sharedFilter(whole)?.filter;
        assert.ok(inner !== undefined && !inner.startsWith('$share/'));
        // `$share` alone is no filter outside a share; inside it is a level like any other.
        assert.ok(inner === '$share' || parseTopicFilter(inner) === inner);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('packet identifiers', () => {
  it('are 1 to 65,535', () => {
    for (const value of [1, 2, 65_535]) assert.equal(parsePacketId(value), value);
    for (const value of [0, -1, 65_536, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.equal(parsePacketId(value), undefined);
    }
  });
});
