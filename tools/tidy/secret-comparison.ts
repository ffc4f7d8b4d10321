import type { Node } from 'oxc-parser';
import { walk } from '../syntax/module.ts';

/**
 * Secret bytes are compared by `timingSafeEqual` and by nothing else: a comparison that stops at the first difference
 * tells how far a guess was right.
 *
 * What is secret is known by its name (`expectedBinder`, `this.#secret`, `verifyData`), so this finds what somebody
 * calls by its name and no more. Comparing with a literal, `undefined` or a length says nothing of the bytes.
 */
const SECRET_WORDS = new Set(['secret', 'psk', 'binder', 'hmac', 'password', 'passphrase', 'pin', 'bearer']);
const SECRET_PAIRS = new Set(['verify data', 'private key', 'wrapping key', 'fuse key', 'mac key']);

/** Calls that compare byte for byte, or make text of bytes that is then compared. */
const COMPARING_CALLS = new Set(['equalPublicBytes', 'equals', 'compare', 'localeCompare', 'isDeepStrictEqual', 'is']);
const SPELLING_CALLS = new Set(['toHex', 'toString', 'decodeUtf8', 'toBase64', 'join', 'String', 'stringify']);
const EQUALITY = new Set(['===', '!==', '==', '!=']);

/** The name of the secret that a node compares in variable time; undefined for every other node. */
export function comparedSecret(node: Node): string | undefined {
  if (node.type === 'CallExpression') {
    return COMPARING_CALLS.has(calleeName(node) ?? '') ? secretIn(node) : undefined;
  }
  if (node.type !== 'BinaryExpression' || !EQUALITY.has(node.operator)) return undefined;
  if (isHarmless(node.left) || isHarmless(node.right)) return undefined;
  return secretBytes(node.left) ?? secretBytes(node.right);
}

/** `undefined`, a literal, `typeof x` and a length are no bytes. */
function isHarmless(node: Node): boolean {
  if (node.type === 'Identifier') return node.name === 'undefined';
  if (node.type === 'MemberExpression') return ['length', 'byteLength', 'size'].includes(propertyName(node) ?? '');
  return node.type === 'Literal' || node.type === 'UnaryExpression';
}

/** An operand that is a secret itself, one byte of it, or its spelling. */
function secretBytes(node: Node): string | undefined {
  switch (node.type) {
    case 'Identifier':
      return secretName(node.name);
    case 'MemberExpression':
      return node.computed ? secretIn(node.object) : secretName(propertyName(node) ?? '');
    case 'CallExpression':
      return SPELLING_CALLS.has(calleeName(node) ?? '') ? secretIn(node) : undefined;
    default:
      return undefined;
  }
}

/** The first name of a secret anywhere in an expression, a callee's own name excepted. */
function secretIn(node: Node): string | undefined {
  let found: string | undefined;
  walk(node, (each, ancestors) => {
    const parent = ancestors.at(-1);
    if (parent?.type === 'CallExpression' && parent.callee === each && each.type === 'Identifier') return;
    if (each.type === 'Identifier' || each.type === 'PrivateIdentifier') found ??= secretName(each.name);
  });
  return found;
}

function calleeName(node: Extract<Node, { type: 'CallExpression' }>): string | undefined {
  if (node.callee.type === 'Identifier') return node.callee.name;
  return node.callee.type === 'MemberExpression' ? propertyName(node.callee) : undefined;
}

function propertyName(node: Extract<Node, { type: 'MemberExpression' }>): string | undefined {
  if (node.computed) return undefined;
  return node.property.type === 'Identifier' || node.property.type === 'PrivateIdentifier'
    ? node.property.name
    : undefined;
}

/** The name itself if its last words say that it is a secret. */
function secretName(name: string): string | undefined {
  const words = name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .split(/[^A-Za-z\d]+/)
    .map((word) => word.toLowerCase());
  const isSecret = SECRET_WORDS.has(words.at(-1) ?? '') || SECRET_PAIRS.has(words.slice(-2).join(' '));
  return isSecret ? name : undefined;
}
