import { REPORTED, type Row } from './comparison.ts';

/** A Markdown table, which is also calm in a terminal. */
export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.workload,
    String(row.ours),
    String(row.peer),
    row.ratio.toFixed(2),
    row.target,
    row.target === REPORTED ? '-' : row.met ? 'yes' : 'no',
  ]);
  const all = [['workload', 'ours', 'peer', 'ratio', 'target', 'met'], ...cells];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = all.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [lines[0], rule, ...lines.slice(1)].map((line) => `${line}\n`).join('');
}
