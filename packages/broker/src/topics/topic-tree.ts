import type { TopicFilter, TopicName } from '@keystile/mqtt';

/** The mirror of the subscription tree: values at topics, found by filter. Holds retained messages. */
export class TopicTree<Value> {
  readonly #root: Node<Value> = newNode();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  set(topic: TopicName, value: Value): void {
    let node = this.#root;
    for (const level of topic.split('/')) {
      let child = node.children.get(level);
      if (child === undefined) {
        child = newNode();
        node.children.set(level, child);
      }
      node = child;
    }
    if (node.value === undefined) this.#size += 1;
    node.value = value;
  }

  find(topic: TopicName): Value | undefined {
    let node: Node<Value> | undefined = this.#root;
    for (const level of topic.split('/')) node = node?.children.get(level);
    return node?.value;
  }

  delete(topic: TopicName): boolean {
    const path: { readonly parent: Node<Value>; readonly level: string }[] = [];
    let node = this.#root;
    for (const level of topic.split('/')) {
      const child = node.children.get(level);
      if (child === undefined) return false;
      path.push({ parent: node, level });
      node = child;
    }
    if (node.value === undefined) return false;
    node.value = undefined;
    this.#size -= 1;
    for (const { parent, level } of path.reverse()) {
      const child = parent.children.get(level);
      if (child === undefined || child.value !== undefined || child.children.size > 0) break;
      parent.children.delete(level);
    }
    return true;
  }

  /** Every value whose topic the filter matches. */
  *match(filter: TopicFilter): Generator<Value> {
    const levels = filter.split('/');
    const stack: Step<Value>[] = [{ node: this.#root, depth: 0 }];
    for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
      const { node, depth } = step;
      const level = levels[depth];
      if (level === undefined) {
        if (node.value !== undefined) yield node.value;
        continue;
      }
      if (level === '#') {
        if (node.value !== undefined) yield node.value;
        // The depth stays: `#` matches any number of levels below.
        pushChildren(stack, node, { depth, fromRoot: depth === 0 && node === this.#root });
      } else if (level === '+') pushChildren(stack, node, { depth: depth + 1, fromRoot: depth === 0 });
      else {
        const child = node.children.get(level);
        if (child !== undefined) stack.push({ node: child, depth: depth + 1 });
      }
    }
  }
}

interface Node<Value> {
  readonly children: Map<string, Node<Value>>;
  value: Value | undefined;
}

interface Step<Value> {
  readonly node: Node<Value>;
  readonly depth: number;
}

function newNode<Value>(): Node<Value> {
  return { children: new Map(), value: undefined };
}

function pushChildren<Value>(
  stack: Step<Value>[],
  node: Node<Value>,
  at: { readonly depth: number; readonly fromRoot: boolean },
): void {
  for (const [level, child] of node.children) {
    // A wildcard never matches a first level that begins with $ [MQTT-4.7.2-1].
    if (!(at.fromRoot && level.startsWith('$'))) stack.push({ node: child, depth: at.depth });
  }
}
