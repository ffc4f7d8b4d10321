import type { Finding } from './findings.ts';

/** Checks of any tracked text, whatever its language: what must not stand in a file that others will read. */

interface Banned {
  readonly pattern: RegExp;
  readonly why: string;
}

const BANNED: readonly Banned[] = [
  // Split, so that this file does not hold what it looks for.
  { pattern: new RegExp(`\\b(${'TO'}${'DO'}|FIX${'ME'}|XX${'X'})\\b`), why: 'unfinished work belongs into an issue' },
  { pattern: /(?<![\w.~-])\/(root|work)\/\w/, why: 'a path of one machine' },
  { pattern: /\bregistry\.[\w-]+\.(com|dev|io|net|org)\b|\bnpm\.pkg\.[\w-]+\.com\b/, why: 'a registry host' },
];

export function textFindings(path: string, text: string): Finding[] {
  const found: Finding[] = [];
  for (const [index, content] of text.split('\n').entries()) {
    for (const { pattern, why } of BANNED) {
      const match = pattern.exec(content);
      if (match === null) continue;
      found.push({ path, line: index + 1, message: `${match[0]}: ${why}`, severity: 'finding' });
    }
  }
  return found;
}
