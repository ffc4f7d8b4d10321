import type { Node } from 'oxc-parser';
import { parseModule, walk } from '../syntax/module.ts';
import type { Finding } from './findings.ts';
import { bannedWord } from './names.ts';
import { comparedSecret } from './secret-comparison.ts';

/** Checks of TypeScript and JavaScript: length, names, and forms that hide what a module gives or holds. */

/** Past these a file or a function has another design inside it. */
export const FILE_LINES_MAX = 700;
export const FUNCTION_LINES_MAX = 70;
/** What most should stay under; said as a hint. */
const FILE_LINES_USUAL = 350;
const FUNCTION_LINES_USUAL = 40;

/** A suite's callback is a list of tests, not a function that somebody follows from top to bottom. */
const SUITES = new Set(['describe', 'suite']);

export function codeFindings(path: string, text: string): Finding[] {
  const found: Finding[] = [];
  const say = (line: number, message: string, severity: Finding['severity'] = 'finding') => {
    found.push({ path, line, message, severity });
  };
  const isTest = /(^|\/)test\//.test(path);
  const fileLines = text.trimEnd().split('\n').length;
  if (fileLines > FILE_LINES_USUAL) say(1, `${fileLines} lines`, fileLines > FILE_LINES_MAX ? 'finding' : 'hint');

  const module = parseModule(path, text);
  walk(module.program, (node, ancestors) => {
    const line = module.lineOf(node.start);
    const lines = functionLines(node, ancestors.at(-1), module.lineOf(node.end) - line + 1);
    if (lines > FUNCTION_LINES_USUAL) {
      say(line, `a function of ${lines} lines`, lines > FUNCTION_LINES_MAX ? 'finding' : 'hint');
    }
    if (node.type === 'TSAsExpression' && node.typeAnnotation.type === 'TSAnyKeyword') say(line, 'a cast to any');
    if (node.type === 'ExportAllDeclaration' && node.exported === null) say(line, 'export * hides what a module gives');
    const secret = isTest ? undefined : comparedSecret(node);
    if (secret !== undefined) say(line, `${secret} is compared in variable time; secrets are by timingSafeEqual`);
    const name = declaredName(node);
    const word = name === undefined ? undefined : bannedWord(name);
    if (word !== undefined) say(line, `${name}: a name with "${word}" says nothing`);
  });
  return found;
}

function functionLines(node: Node, parent: Node | undefined, lines: number): number {
  const isFunction =
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression';
  return isFunction && !isSuite(parent) ? lines : 0;
}

function isSuite(call: Node | undefined): boolean {
  if (call?.type !== 'CallExpression') return false;
  const callee = call.callee.type === 'MemberExpression' ? call.callee.object : call.callee;
  return callee.type === 'Identifier' && SUITES.has(callee.name);
}

/** The name that a declaration introduces; uses of other people's names are not ours to choose. */
function declaredName(node: Node): string | undefined {
  switch (node.type) {
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
    case 'VariableDeclarator':
      return node.id?.type === 'Identifier' ? node.id.name : undefined;
    case 'MethodDefinition':
    case 'PropertyDefinition':
      return node.key.type === 'Identifier' ? node.key.name : undefined;
    default:
      return undefined;
  }
}
