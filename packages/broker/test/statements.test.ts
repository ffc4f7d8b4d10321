import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { statements } from './support/statements.ts';

/** Keeps `docs/conformance.md` true: every statement once, and every test where it is said to be. */
const root = new URL('../../../', import.meta.url);
const document = readFileSync(new URL('docs/conformance.md', root), 'utf8');
const versions = ['5.0', '3.1.1'] as const;

interface Row {
  readonly statement: string;
  readonly asks: string;
  readonly shownBy: readonly string[];
}

interface Section {
  readonly heading: number;
  readonly rows: readonly Row[];
  readonly ofClients: readonly string[];
}

function sectionOf(version: string): Section {
  const parts = document.split(/^## MQTT /m).find((part) => part.startsWith(`${version}: `));
  assert.ok(parts !== undefined, `no section for ${version}`);
  const lines = parts.split('\n');
  const rows = lines
    .filter((line) => line.startsWith('| `MQTT-'))
    .map((line): Row => {
      const [, statement = '', asks = '', tests = ''] = /^\| `([^`]+)`\s+\| (.*?)\s+\| (.*?)\s+\|$/.exec(line) ?? [];
      return { statement, asks, shownBy: tests.split('<br>') };
    });
  const ofClients = lines.find((line) => /^\d+ bind the client: /.test(line)) ?? '';
  return {
    heading: Number(/: (\d+) statements/.exec(lines[0] ?? '')?.[1]),
    rows,
    ofClients: Array.from(ofClients.matchAll(/`([^`]+)`/g), ([, statement = '']) => statement),
  };
}

/** What the tests of a file are called, as it stands in the source. */
const titlesOf = new Map<string, ReadonlySet<string>>();
function titles(path: string): ReadonlySet<string> {
  const known = titlesOf.get(path);
  if (known !== undefined) return known;
  const file = new URL(path, root);
  assert.ok(existsSync(file), `${path} is not there`);
  const calls = /\b(?:it|test|describe|packet|malformed)\(\s*(['"`])(.+?)\1,/g;
  const found = new Set(Array.from(readFileSync(file, 'utf8').matchAll(calls), ([, , title = '']) => title));
  titlesOf.set(path, found);
  return found;
}

describe('The list of statements', () => {
  it('knows 251 of MQTT 5.0 and 141 of MQTT 3.1.1', () => {
    assert.deepEqual(
      versions.map((version) => new Set(statements[version]).size),
      [251, 141],
    );
  });

  for (const version of versions) {
    const { heading, rows, ofClients } = sectionOf(version);

    it(`has every statement of ${version} once, for the server or for the client`, () => {
      const listed = [...rows.map(({ statement }) => statement), ...ofClients];
      assert.deepEqual(listed.toSorted(), statements[version].toSorted());
      assert.equal(heading, rows.length);
      assert.ok(rows.length > ofClients.length);
    });

    it(`names for every statement of ${version} tests that are there`, () => {
      for (const { statement, asks, shownBy } of rows) {
        assert.ok(asks.length > 10, statement);
        for (const shown of shownBy) {
          const [, path = '', title = ''] = /^`(packages\/[^`]+\.test\.ts)`: (.+)$/.exec(shown) ?? [];
          assert.ok(titles(path).has(title), `${statement}: ${path} has no test '${title}'`);
        }
      }
    });
  }
});
