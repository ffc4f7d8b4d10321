import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SubscriptionTree } from '../../src/topics/subscription-tree.ts';
import { matches } from '../model/twin.ts';
import { topicFilter, topicName } from '../support/client.ts';
import { Random } from '../support/random.ts';

const levels = ['a', 'b', '$c', '', '+'];
const keys = ['k1', 'k2', 'k3'];

function randomFilter(random: Random): string {
  const parts = Array.from({ length: 1 + random.below(4) }, () => random.pick(levels));
  if (random.chance(30)) parts[parts.length - 1] = '#';
  const filter = parts.join('/');
  return filter === '' ? 'a' : filter;
}

function randomTopic(random: Random): string {
  const topic = randomFilter(random).replaceAll(/[+#]/g, 'a');
  return topic === '' ? 'a' : topic;
}

describe('SubscriptionTree', () => {
  it('finds what a list of all subscriptions finds, through random changes', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = new Random(seed);
      const tree = new SubscriptionTree<string>();
      const list = new Map<string, readonly [filter: string, value: string]>();
      for (let step = 0; step < 100; step++) {
        const filter = randomFilter(random);
        const key = random.pick(keys);
        if (random.chance(60)) {
          tree.set(topicFilter(filter), key, `${filter} ${key} ${step}`);
          list.set(`${filter} ${key}`, [filter, `${filter} ${key} ${step}`]);
        } else assert.equal(tree.delete(topicFilter(filter), key), list.delete(`${filter} ${key}`));
        const topic = randomTopic(random);
        const found: string[] = [];
        tree.match(topicName(topic), (value) => found.push(value));
        const expected = [...list.values()].filter(([each]) => matches(each, topic)).map(([, value]) => value);
        assert.deepEqual(found.sort(), expected.sort(), `seed ${seed}, step ${step}, topic ${topic}`);
        assert.equal(tree.size, list.size);
      }
    }
  });

  it('matches a topic of the most levels without deep recursion', () => {
    const tree = new SubscriptionTree<number>();
    tree.set(topicFilter(Array.from({ length: 128 }, () => '+').join('/')), 'k', 1);
    let found = 0;
    tree.match(topicName(Array.from({ length: 128 }, () => 'a').join('/')), () => {
      found += 1;
    });
    assert.equal(found, 1);
  });
});
