import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TopicTree } from '../../src/topics/topic-tree.ts';
import { matches } from '../model/twin.ts';
import { topicFilter, topicName } from '../support/client.ts';
import { Random } from '../support/random.ts';

const topics = ['a', 'a/b', 'a/b/c', 'b', 'b/', '/b', '$c', '$c/a', 'a//b', 'b/$c'];
const filters = ['#', '+', 'a', 'a/#', 'a/+', '+/b', '+/+', '+/#', '$c/#', '$c', 'a/b/c/#', '/+', 'a/+/b', '+/+/+'];

function found<Value>(tree: TopicTree<Value>, filter: string): Value[] {
  return [...tree.match(topicFilter(filter))].filter((value) => value !== undefined);
}

describe('TopicTree', () => {
  it('finds what a list of all topics finds, through random changes', () => {
    const random = new Random(20261124);
    const tree = new TopicTree<string>();
    const list = new Map<string, string>();
    for (let step = 0; step < 2000; step++) {
      const topic = random.pick(topics);
      if (random.chance(60)) {
        tree.set(topicName(topic), `${topic} ${step}`);
        list.set(topic, `${topic} ${step}`);
      } else assert.equal(tree.delete(topicName(topic)), list.delete(topic));
      const filter = random.pick(filters);
      const expected = [...list].filter(([each]) => matches(filter, each)).map(([, value]) => value);
      assert.deepEqual(found(tree, filter).sort(), expected.sort(), `step ${step}, filter ${filter}`);
      assert.equal(tree.find(topicName(topic)), list.get(topic));
      assert.equal(tree.size, list.size);
    }
  });

  it('can be walked while it changes: what stays is seen once', () => {
    const tree = new TopicTree<string>();
    const names = Array.from({ length: 100 }, (_, index) => `t/${index}`);
    for (const name of names) tree.set(topicName(name), name);
    const seen: string[] = [];
    for (const value of tree.match(topicFilter('#'))) {
      if (value === undefined) continue;
      seen.push(value);
      // Every second one goes while the walk is under way, and so does each that was seen.
      const index = Number(value.slice(2));
      tree.delete(topicName(value));
      if (index % 2 === 0) tree.delete(topicName(`t/${index + 1}`));
    }
    assert.deepEqual(
      seen,
      names.filter((_, index) => index % 2 === 0),
    );
    assert.equal(tree.size, 0);
  });
});
