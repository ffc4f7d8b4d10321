import type { TopicFilter, TopicName } from '@keystile/mqtt';

/**
 * Which subscribers a topic reaches: a tree with one node for each level of the filters.
 *
 *   sport ─ tennis ─ #      {a}
 *         └ +      ─ score  {b}        'sport/tennis/score' visits both branches
 *
 * Matching walks the tree with an explicit stack, so that no topic can exhaust the call stack, and the work is bounded
 * by the nodes that match. Empty nodes are removed at once: churn leaves nothing behind.
 */
export class SubscriptionTree<Value> {
  readonly #root: Node<Value> = newNode();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds or replaces the value of `key` at `filter`. */
  set(filter: TopicFilter, key: string, value: Value): void {
    let node = this.#root;
    for (const level of filter.split('/')) {
      let child = node.children.get(level);
      if (child === undefined) {
        child = newNode();
        node.children.set(level, child);
      }
      node = child;
    }
    if (!node.values.has(key)) this.#size += 1;
    node.values.set(key, value);
  }

  find(filter: TopicFilter, key: string): Value | undefined {
    let node: Node<Value> | undefined = this.#root;
    for (const level of filter.split('/')) node = node?.children.get(level);
    return node?.values.get(key);
  }

  delete(filter: TopicFilter, key: string): boolean {
    const path: { readonly parent: Node<Value>; readonly level: string }[] = [];
    let node = this.#root;
    for (const level of filter.split('/')) {
      const child = node.children.get(level);
      if (child === undefined) return false;
      path.push({ parent: node, level });
      node = child;
    }
    if (!node.values.delete(key)) return false;
    this.#size -= 1;
    for (const { parent, level } of path.reverse()) {
      const child = parent.children.get(level);
      if (child === undefined || child.values.size > 0 || child.children.size > 0) break;
      parent.children.delete(level);
    }
    return true;
  }

  /** Calls `visit` once for each value whose filter matches. */
  match(topic: TopicName, visit: (value: Value) => void): void {
    const levels = topic.split('/');
    const stack: { readonly node: Node<Value>; readonly depth: number }[] = [{ node: this.#root, depth: 0 }];
    for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
      const { node, depth } = step;
      // Wildcards do not match a first level that begins with $ [MQTT-4.7.2-1].
      const wildcards = depth > 0 || !topic.startsWith('$');
      if (wildcards) node.children.get('#')?.values.forEach(visit);
      if (depth === levels.length) {
        node.values.forEach(visit);
        continue;
      }
      const exact = node.children.get(levels[depth] ?? '');
      if (exact !== undefined) stack.push({ node: exact, depth: depth + 1 });
      const plus = wildcards ? node.children.get('+') : undefined;
      if (plus !== undefined) stack.push({ node: plus, depth: depth + 1 });
    }
  }
}

interface Node<Value> {
  readonly children: Map<string, Node<Value>>;
  readonly values: Map<string, Value>;
}

function newNode<Value>(): Node<Value> {
  return { children: new Map(), values: new Map() };
}
