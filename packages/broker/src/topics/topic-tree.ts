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

  /** Every value, those at topics that begin with $ too; walks like `match`. */
  *all(): Generator<Value | undefined> {
    const walks: Iterator<Node<Value>, undefined>[] = [[this.#root].values()];
    for (let walk = walks.at(-1); walk !== undefined; walk = walks.at(-1)) {
      const { value: node, done } = walk.next();
      if (done === true) {
        walks.pop();
        continue;
      }
      yield node.value;
      walks.push(node.children.values());
    }
  }

  /**
   * Every value whose topic the filter matches, and undefined for each step without one, so that the caller can pause.
   * The walk keeps one iterator for each level, not a list of what is still to be seen; the tree may change meanwhile.
   */
  *match(filter: TopicFilter): Generator<Value | undefined> {
    const levels = filter.split('/');
    const walks: Walk<Value>[] = [{ nodes: [this.#root].values(), depth: 0 }];
    for (let walk = walks.at(-1); walk !== undefined; walk = walks.at(-1)) {
      const { value: node, done } = walk.nodes.next();
      if (done === true) {
        walks.pop();
        continue;
      }
      const { depth } = walk;
      const level = levels[depth];
      const isEnd = level === undefined || level === '#';
      yield isEnd ? node.value : undefined;
      if (level === undefined) continue;
      const fromRoot = node === this.#root;
      // The depth stays below `#`, which matches any number of levels.
      if (level === '#') walks.push({ nodes: childrenOf(node, fromRoot), depth });
      else if (level === '+') walks.push({ nodes: childrenOf(node, fromRoot), depth: depth + 1 });
      else {
        const child = node.children.get(level);
        if (child !== undefined) walks.push({ nodes: [child].values(), depth: depth + 1 });
      }
    }
  }
}

interface Node<Value> {
  readonly children: Map<string, Node<Value>>;
  value: Value | undefined;
}

/** Nodes of one level that are still to be visited, and the level of the filter that stands for what is below them. */
interface Walk<Value> {
  readonly nodes: Iterator<Node<Value>, undefined>;
  readonly depth: number;
}

function newNode<Value>(): Node<Value> {
  return { children: new Map(), value: undefined };
}

function* childrenOf<Value>(node: Node<Value>, fromRoot: boolean): Generator<Node<Value>, undefined> {
  for (const [level, child] of node.children) {
    // A wildcard never matches a first level that begins with $ [MQTT-4.7.2-1].
    if (!(fromRoot && level.startsWith('$'))) yield child;
  }
  return undefined;
}
