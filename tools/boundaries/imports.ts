import type { ImportExpression, Node } from 'oxc-parser';
import { type ParsedModule, walk } from '../syntax/module.ts';

/** Everything in a module that loads another one, whatever its form, or could without being readable here. */

export interface Import {
  /** `undefined` when it is computed at run time. */
  readonly specifier: string | undefined;
  /**
   * `type` leaves no trace at run time. `import { type X } from` does: it is erased to `import {} from`, which still
   * loads the module, so it counts as `static`. `loader` is a way to make a `require` that nothing here could follow.
   */
  readonly kind: 'static' | 'type' | 'dynamic' | 'require' | 'loader';
  readonly line: number;
}

const LOADERS = new Set(['createRequire', 'getBuiltinModule', 'eval']);

export function importsOf(module: ParsedModule): Import[] {
  const found: Import[] = [];
  walk(module.program, (node) => {
    const loaded = loadedBy(node);
    if (loaded !== undefined) found.push({ ...loaded, line: module.lineOf(node.start) });
  });
  return found;
}

function loadedBy(node: Node): Omit<Import, 'line'> | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
      return { specifier: node.source.value, kind: node.importKind === 'type' ? 'type' : 'static' };
    case 'ExportAllDeclaration':
      return { specifier: node.source.value, kind: node.exportKind === 'type' ? 'type' : 'static' };
    case 'ExportNamedDeclaration':
      if (node.source === null) return undefined;
      return { specifier: node.source.value, kind: node.exportKind === 'type' ? 'type' : 'static' };
    case 'ImportExpression':
      return { specifier: literalOf(node), kind: 'dynamic' };
    case 'TSImportType':
      return { specifier: node.source.value, kind: 'type' };
    case 'TSExternalModuleReference':
      return { specifier: node.expression.value, kind: 'require' };
    case 'CallExpression':
      return node.callee.type === 'Identifier' && node.callee.name === 'require'
        ? { specifier: undefined, kind: 'require' }
        : undefined;
    case 'Identifier':
      return LOADERS.has(node.name) ? { specifier: undefined, kind: 'loader' } : undefined;
    default:
      return undefined;
  }
}

function literalOf({ source }: ImportExpression): string | undefined {
  if (source.type === 'Literal' && typeof source.value === 'string') return source.value;
  if (source.type === 'TemplateLiteral' && source.expressions.length === 0)
    return source.quasis[0]?.value.cooked ?? undefined;
  return undefined;
}
