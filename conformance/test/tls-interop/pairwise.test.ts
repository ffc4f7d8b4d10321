import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/random.ts';
import { allRows, pairsOf, pairwise } from '../../src/tls-interop/pairwise.ts';

interface Lunch {
  readonly soup: 'none' | 'leek' | 'beet';
  readonly bread: 'white' | 'rye';
  readonly drink: 'water' | 'wine' | 'tea' | 'milk';
  readonly salt: boolean;
}

const domain = {
  soup: ['none', 'leek', 'beet'],
  bread: ['white', 'rye'],
  drink: ['water', 'wine', 'tea', 'milk'],
  salt: [false, true],
} as const;
const isAllowed = ({ soup, salt, drink }: Lunch): boolean =>
  !(soup === 'none' && salt) && !(soup === 'beet' && drink === 'milk');
const rows = allRows<Lunch>(domain, isAllowed);

test('all rows are the product of the values, without those that are not allowed', () => {
  assert.equal(allRows<Lunch>(domain, () => true).length, 3 * 2 * 4 * 2);
  assert.equal(rows.length, 3 * 2 * 4 * 2 - 2 * 4 - 2 * 2);
});

for (const seed of [1, 2, 3]) {
  test(`every pair that stands in some row stands in a chosen one, and few are chosen (seed ${seed})`, () => {
    const chosen = pairwise(rows, new Random(seed));
    const possible = new Set(rows.flatMap(pairsOf));
    assert.deepEqual(new Set(chosen.flatMap(pairsOf)), possible);
    assert.ok(chosen.every(isAllowed));
    // Three soups with four drinks, less one pair, cannot be done in fewer.
    assert.ok(chosen.length >= 11 && chosen.length <= 14, `${chosen.length}`);
  });
}

test('the same seed chooses the same, another seed another', () => {
  const chosen = (seed: number): readonly Lunch[] => pairwise(rows, new Random(seed));
  assert.deepEqual(chosen(4), chosen(4));
  assert.notDeepEqual(chosen(4), chosen(5));
});
