import type { ErrorEntry, Fault } from '../../packages/errors/src/index.ts';

/** Writes `docs/ERRORS.md` from the catalogue. The text is generated whole; nobody edits it by hand. */

/** The areas in the order of the path: from the part's inside outward. */
const AREAS: Readonly<Record<string, string>> = {
  T: 'TLS engine',
  P: 'Certificate paths',
  S: 'Signed statements',
  L: 'Link between host and secure IC',
  C: 'Secure IC',
  D: 'Device',
  B: 'Broker',
  A: 'Authority',
  U: 'Command line and its environment',
};

const FAULTS: Readonly<Record<Fault, string>> = {
  'peer-misbehaved': 'the peer broke the protocol',
  'peer-incompatible': 'the peer offers nothing that is acceptable here',
  misuse: 'the caller asked for something that cannot be',
  part: 'the secure IC',
  environment: 'the machine, its files or its network',
};

const HEAD = `# Errors

Every public error has a code that keeps its meaning for ever. \`keystile explain CODE\` prints the same text.
This file is written by \`npm run errors\` from \`packages/errors/src/areas\`.
`;

export function errorsDocument(catalogue: Readonly<Record<string, ErrorEntry>>): string {
  const sections = Object.entries(AREAS).map(([letter, title]) => {
    const entries = Object.entries(catalogue)
      .filter(([code]) => code.startsWith(`KS-${letter}`))
      .sort(([a], [b]) => a.localeCompare(b));
    return `\n## ${title} (KS-${letter})\n${entries.map(section).join('')}`;
  });
  const known = Object.keys(catalogue).filter((code) => (code[3] ?? '') in AREAS).length;
  if (known !== Object.keys(catalogue).length)
    throw new Error('a code of the catalogue belongs to no area of tools/errors');
  return HEAD + sections.join('');
}

function section([code, entry]: readonly [string, ErrorEntry]): string {
  return `
### ${code}: ${entry.title}

${entry.cause}

**Fix.** ${entry.fix}

Whose fault: ${FAULTS[entry.fault]}.
`;
}
