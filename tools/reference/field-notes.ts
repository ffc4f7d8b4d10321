import { readFileSync } from 'node:fs';
import type { Node } from 'oxc-parser';
import { parseModule, walk } from '../syntax/module.ts';

/**
 * What the source says above each field of a command: the reference repeats the comment that the firmware's own author
 * wrote, so that there is one text. Keys are `request.NAME` and `result.NAME`.
 */
export function fieldNotes(path: string): ReadonlyMap<string, string> {
  const text = readFileSync(path, 'utf8');
  const notes = new Map<string, string>();
  walk(parseModule(path, text).program, (node, ancestors) => {
    if (node.type !== 'Property' || node.key.type !== 'Identifier') return;
    const object = ancestors.at(-1);
    const side = sideOf(ancestors);
    if (side === undefined || object?.type !== 'ObjectExpression') return;
    const note = commentBefore(text, object, node);
    if (note !== undefined) notes.set(`${side}.${node.key.name}`, note);
  });
  return notes;
}

/** A field is a property of the object in `request: record({ … })` or `result: record({ … })`. */
function sideOf(ancestors: readonly Node[]): string | undefined {
  const call = ancestors.at(-2);
  const property = ancestors.at(-3);
  if (call?.type !== 'CallExpression' || property?.type !== 'Property') return undefined;
  if (property.key.type !== 'Identifier') return undefined;
  return ['request', 'result'].includes(property.key.name) ? property.key.name : undefined;
}

function commentBefore(text: string, object: Node, property: Node): string | undefined {
  const before = text.slice(object.start, property.start);
  const comment = /\/\*\*((?:(?!\*\/).)*)\*\/\s*$/s.exec(before)?.[1];
  return comment
    ?.replaceAll(/^\s*\*/gm, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
