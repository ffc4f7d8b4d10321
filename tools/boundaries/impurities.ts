import type { Node } from 'oxc-parser';
import { type ParsedModule, walk } from '../syntax/module.ts';

/**
 * Uses of timers, the wall clock, chance and the network that need no import. A pure module takes these as
 * parameters. Names are judged as written: a local variable called `setTimeout` is refused too, since a reader would
 * take it for the real one.
 */

export interface Impurity {
  readonly what: string;
  readonly line: number;
}

const FORBIDDEN = new Set([
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance'],
  ...['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest', 'process'],
]);
const FORBIDDEN_MEMBERS = new Set(['Math.random', 'crypto.getRandomValues', 'crypto.randomUUID']);
/** What may be said of `Date`: conversions of an instant that somebody else supplied. */
const PURE_DATE_MEMBERS = new Set(['UTC', 'parse']);

export function impuritiesOf(module: ParsedModule): Impurity[] {
  const found: Impurity[] = [];
  walk(module.program, (node, ancestors) => {
    const what = impurity(node, ancestors.at(-1));
    if (what !== undefined) found.push({ what, line: module.lineOf(node.start) });
  });
  return found;
}

function impurity(node: Node, parent: Node | undefined): string | undefined {
  if (node.type === 'MemberExpression') {
    const name = memberName(node);
    const object = node.object.type === 'Identifier' ? node.object.name : undefined;
    if (name === undefined || object === undefined) return undefined;
    if (object === 'globalThis' && (FORBIDDEN.has(name) || name === 'Date')) return `globalThis.${name}`;
    return FORBIDDEN_MEMBERS.has(`${object}.${name}`) ? `${object}.${name}` : undefined;
  }
  if (node.type !== 'Identifier' || isPropertyName(node, parent)) return undefined;
  if (FORBIDDEN.has(node.name)) return node.name;
  return node.name === 'Date' ? dateUse(node, parent) : undefined;
}

/** `Date` may be a type, the maker of a given instant, or the right side of `instanceof`; never a source of "now". */
function dateUse(node: Node, parent: Node | undefined): string | undefined {
  if (parent?.type === 'NewExpression') return parent.arguments.length > 0 ? undefined : 'new Date()';
  if (parent?.type === 'TSTypeReference' || parent?.type === 'BinaryExpression') return undefined;
  if (parent?.type === 'CallExpression' && parent.callee === node) return 'Date()';
  if (parent?.type === 'MemberExpression') {
    const name = memberName(parent);
    return name !== undefined && PURE_DATE_MEMBERS.has(name) ? undefined : `Date.${name ?? '[…]'}`;
  }
  return 'Date';
}

function memberName(node: Extract<Node, { type: 'MemberExpression' }>): string | undefined {
  if (!node.computed) return node.property.type === 'Identifier' ? node.property.name : undefined;
  return node.property.type === 'Literal' && typeof node.property.value === 'string' ? node.property.value : undefined;
}

/** `x.setTimeout`, `{ setTimeout: … }` and members of a class or an interface name something else. */
function isPropertyName(node: Node, parent: Node | undefined): boolean {
  if (parent === undefined) return false;
  if (parent.type === 'MemberExpression') return parent.property === node && !parent.computed;
  if (parent.type === 'Property' && parent.shorthand) return false;
  return 'key' in parent && parent.key === node && !('computed' in parent && parent.computed);
}
