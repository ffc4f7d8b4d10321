/**
 * The line of a TOML text that a path of keys and indexes leads to, as far as headers and keys at the start of a line
 * tell: enough to point a person at the right place. 1-based; undefined when nothing is found.
 */
export function lineOf(text: string, path: readonly PropertyKey[]): number | undefined {
  const lines = text.split('\n');
  let found: number | undefined;
  let from = 0;
  let header = '';
  for (let at = 0; at < path.length; at++) {
    const step = path[at];
    if (typeof step !== 'string') continue;
    const next = path[at + 1];
    const table = header === '' ? step : `${header}.${step}`;
    const line =
      typeof next === 'number'
        ? (nthHeader(lines, table, next) ?? keyLine(lines, step, from))
        : (tableLine(lines, table, from) ?? keyLine(lines, step, from));
    if (line === undefined) return found;
    if (lines[line]?.trimStart().startsWith('[')) header = table;
    found = line + 1;
    from = line;
  }
  return found;
}

function nthHeader(lines: readonly string[], table: string, index: number): number | undefined {
  const header = new RegExp(`^\\s*\\[\\[\\s*${escaped(table)}\\s*\\]\\]`);
  return lines.flatMap((line, at) => (header.test(line) ? [at] : []))[index];
}

function tableLine(lines: readonly string[], table: string, from: number): number | undefined {
  const header = new RegExp(`^\\s*\\[\\s*${escaped(table)}\\s*\\]`);
  return indexFrom(lines, from, (line) => header.test(line));
}

function keyLine(lines: readonly string[], key: string, from: number): number | undefined {
  const assignment = new RegExp(`^\\s*"?${escaped(key)}"?\\s*[.=]`);
  return indexFrom(lines, from, (line) => assignment.test(line));
}

function indexFrom(lines: readonly string[], from: number, holds: (line: string) => boolean): number | undefined {
  const at = lines.findIndex((line, index) => index >= from && holds(line));
  return at < 0 ? undefined : at;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
