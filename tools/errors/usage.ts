import { type ParsedModule, walk } from '../syntax/module.ts';

/** Which codes a module raises, as opposed to mentions in a comment. */

const CODE = /\bKS-[A-Z]\d{3}\b/g;

/** Codes anywhere in a text: each must exist. */
export function codesMentioned(text: string): Set<string> {
  return new Set(text.match(CODE));
}

/** Codes in string literals: what the module can say at run time. */
export function codesRaised(module: ParsedModule): Set<string> {
  const found = new Set<string>();
  walk(module.program, (node) => {
    const text =
      node.type === 'Literal' && typeof node.value === 'string'
        ? node.value
        : node.type === 'TemplateElement'
          ? node.value.raw
          : '';
    for (const code of codesMentioned(text)) found.add(code);
  });
  return found;
}
