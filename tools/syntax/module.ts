import { type Node, parseSync, visitorKeys } from 'oxc-parser';

/**
 * A parsed module and a walk over its tree: what the checks of this folder look at. Parsing is the compiler's own
 * grammar (oxc), not a search by pattern, so that a comment or a string is never taken for code.
 */

export interface ParsedModule {
  readonly path: string;
  readonly program: Node;
  /** The line, from 1, of an offset in the text. */
  lineOf(offset: number): number;
}

/** Throws on a syntax error: a module that cannot be read cannot be judged. */
export function parseModule(path: string, text: string): ParsedModule {
  const result = parseSync(path, text);
  const [error] = result.errors;
  if (error !== undefined) throw new Error(`${path}: ${error.message}`);
  return { path, program: result.program, lineOf: (offset) => text.slice(0, offset).split('\n').length };
}

/** Visits every node with its ancestors, nearest last. */
export function walk(node: Node, visit: (node: Node, ancestors: readonly Node[]) => void): void {
  const ancestors: Node[] = [];
  const enter = (current: Node): void => {
    visit(current, ancestors);
    ancestors.push(current);
    for (const child of children(current)) enter(child);
    ancestors.pop();
  };
  enter(node);
}

function children(node: Node): Node[] {
  const keys = visitorKeys[node.type];
  if (keys === undefined) throw new Error(`the parser met a node that it does not know: ${node.type}`);
  return keys.flatMap((key) => Reflect.get(node, key) as unknown).filter(isNode);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}
