import type { Finding } from './findings.ts';
import { bannedWord } from './names.ts';

/** Checks of the tree's shape: what every package has, and how folders and files are called. */

/** What a README of about ten lines cannot be shorter than, when it says what the package is and is not. */
const README_LINES_MIN = 5;

/** @param read gives a file's text, by its path below the root */
export function packageFindings(paths: readonly string[], read: (path: string) => string): Finding[] {
  const manifests = paths.filter((path) => /^(packages|examples)\/[^/]+\/package\.json$/.test(path));
  return manifests.flatMap((manifest) => {
    const readme = manifest.replace('package.json', 'README.md');
    if (!paths.includes(readme)) return [finding(manifest, 'the package has no README.md')];
    const lines = read(readme)
      .split('\n')
      .filter((line) => line.trim() !== '').length;
    return lines < README_LINES_MIN
      ? [finding(readme, 'a README says what the package is, is not, and where to start')]
      : [];
  });
}

export function pathFindings(path: string): Finding[] {
  const word = path
    .split('/')
    .map(bannedWord)
    .find((each) => each !== undefined);
  return word === undefined ? [] : [finding(path, `a path with "${word}" says nothing`)];
}

function finding(path: string, message: string): Finding {
  return { path, line: 1, message, severity: 'finding' };
}
