import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { zones } from '../layers.ts';
import { violations } from '../rules.ts';
import { loadTree } from '../tree.ts';
import { plantedTree, saidOf } from './planted.ts';

/** One planted violation a line: where, the code, and what must be said of it. */
type Planted = readonly [path: string, text: string, said: RegExp];

function refuses(name: string, planted: readonly Planted[]): void {
  describe(name, () => {
    for (const [path, text, said] of planted) {
      test(`${path}: ${text}`, (t) => {
        const all = saidOf(t, path, text);
        assert.equal(all.length, 1, all.join('\n'));
        assert.match(all[0] ?? '', said);
      });
    }
  });
}

test('the tree without a planted violation is clean, and its modules were seen', (t) => {
  const tree = loadTree(plantedTree(t));
  assert.deepEqual(violations(tree), []);
  assert.equal(tree.modules.size, 20);
});

refuses('layers: a zone loads from below only', [
  ['packages/cose/src/a.ts', "import { x } from '@keystile/link';", /cose \(layer 1\) loads link \(layer 1\)/],
  ['packages/tls/src/a.ts', "import { x } from './node/b.ts';", /leads to no module/],
  [
    'packages/authority/src/a.ts',
    "import { x } from '@keystile/cli';",
    /authority \(layer 4.3\) loads cli \(layer 5\)/,
  ],
  [
    'packages/broker/src/a.ts',
    "import { x } from './node/index.ts';",
    /broker \(layer 2\) loads broker\/node \(layer 4.2\)/,
  ],
  ['packages/pki/src/path/a.ts', "import { x } from '../issue/index.ts';", /pki\/path \(layer 2\) loads pki\/issue/],
]);

refuses('wall 1: the host half cannot do TLS', [
  ['packages/device/src/a.ts', "import { x } from '@keystile/tls';", /device loads only .* and not tls/],
  ['packages/device/src/a.ts', "import type { X } from '@keystile/chip';", /device loads only .* and not chip/],
  ['packages/device/src/a.ts', "type X = import('@keystile/chip').X;", /device loads only .* and not chip/],
  ['packages/device/src/a.ts', "import { x } from '@keystile/mqtt';", /device loads only .* and not mqtt/],
  ['packages/device/src/a.ts', "import { connect } from 'node:tls';", /device never loads node:tls/],
  ['packages/device/src/a.ts', "import { connect } from 'tls';", /device never loads node:tls/],
  ['packages/device/src/a.ts', "export { request } from 'node:https';", /device never loads node:https/],
  ['packages/device/src/a.ts', "export * from 'node:http2';", /device never loads node:http2/],
  ['packages/device/src/a.ts', "import { fetch } from 'undici';", /device never loads undici/],
  ['packages/device/src/a.ts', "import { sign } from 'node:crypto';", /device never loads node:crypto/],
  ['packages/device/src/a.ts', "const tls = await import('node:tls');", /uses import\(\) in a walled package/],
  ['packages/device/src/a.ts', 'const tls = await import(name);', /computed at run time/],
  ['packages/device/src/a.ts', "const tls = require('node:tls');", /loads by require/],
  ['packages/device/src/a.ts', "const tls = process.getBuiltinModule('node:tls');", /loads by require/],
  ['packages/device/src/a.ts', "import { x } from '../../tls/src/index.ts';", /reaches out of its package by path/],
]);

test('wall 1: createRequire is refused where it is imported and where it is called', (t) => {
  const said = saidOf(t, 'packages/device/src/a.ts', "import { createRequire } from 'node:module';\ncreateRequire(x);");
  assert.deepEqual(
    said.map((each) => each.slice(0, 2)),
    ['1:', '1:', '2:'],
  );
});

test('wall 1: the pairing folder, and no other of the host half, may use node:crypto', (t) => {
  assert.deepEqual(saidOf(t, 'packages/device/src/pairing/a.ts', "import { hkdf } from 'node:crypto';"), []);
});

test('wall 1: the agent, and no other of the host half, may use the MQTT codec', (t) => {
  const source = "import { x } from '@keystile/mqtt';\nimport { hash } from 'node:crypto';";
  assert.deepEqual(saidOf(t, 'packages/device/src/agent/a.ts', source), []);
});

refuses('wall 1: the agent cannot do TLS either', [
  ['packages/device/src/agent/a.ts', "import { x } from '@keystile/tls';", /device\/agent loads only .* and not tls/],
  ['packages/device/src/agent/a.ts', "import { x } from '@keystile/chip';", /device\/agent loads only .* and not chip/],
  ['packages/device/src/agent/a.ts', "import { connect } from 'node:tls';", /device\/agent never loads node:tls/],
]);

refuses('wall 2: tls and pki know nothing of the part', [
  ['packages/tls/src/a.ts', "import { x } from '@keystile/link';", /tls never loads link/],
  ['packages/tls/src/node/a.ts', "import { x } from '@keystile/chip/node';", /tls\/node never loads chip\/node/],
]);

refuses('wall 3: the cores do no input or output and have no clock', [
  ['packages/broker/src/a.ts', "import { createServer } from 'node:net';", /broker does not load node:net/],
  ['packages/mqtt/src/a.ts', "import { readFile } from 'node:fs/promises';", /mqtt does not load node:fs\/promises/],
  ['packages/tls/src/a.ts', "import type { TLSSocket } from 'node:tls';", /tls does not load node:tls/],
  ['packages/link/src/a.ts', "import { scheduler } from 'node:timers/promises';", /link does not load node:timers/],
  ['packages/bytes/src/a.ts', "import { hash } from 'node:crypto';", /bytes does not load node:crypto/],
  ['packages/broker/src/a.ts', 'setTimeout(f, 1);', /broker is pure .* setTimeout/],
  ['packages/broker/src/a.ts', 'globalThis.setInterval(f, 1);', /globalThis\.setInterval/],
  ['packages/tls/src/a.ts', 'const now = Date.now();', /Date\.now/],
  ['packages/tls/src/a.ts', "const now = Date['now']();", /Date\.now/],
  ['packages/tls/src/a.ts', 'const now = new Date();', /new Date\(\)/],
  ['packages/tls/src/a.ts', 'const { now } = Date;', /gives as a parameter/],
  ['packages/link/src/a.ts', 'const t = performance.now();', /performance/],
  ['packages/mqtt/src/a.ts', 'const r = Math.random();', /Math\.random/],
]);

test('wall 3: the edge of the same package may do all of it', (t) => {
  const text =
    "import { createServer } from 'node:net';\nimport { here } from '../index.ts';\nsetTimeout(f, Date.now());";
  assert.deepEqual(saidOf(t, 'packages/broker/src/node/a.ts', text), []);
});

test('wall 3: an instant that somebody else supplied may be converted', (t) => {
  const text = 'export const f = (ms: number, d: Date) => new Date(ms) > d && d instanceof Date && Date.UTC(2026, 1);';
  assert.deepEqual(saidOf(t, 'packages/tls/src/a.ts', text), []);
  assert.deepEqual(saidOf(t, 'packages/tls/src/b.ts', 'export const o = { setTimeout: 1 }; o.setTimeout;'), []);
  assert.deepEqual(
    saidOf(t, 'packages/tls/src/c.ts', "// setTimeout(); import 'node:net'\nexport const s = 'Date.now()';"),
    [],
  );
});

refuses('wall 4: the broker holds no issuing key', [
  ['packages/broker/src/a.ts', "import { x } from '@keystile/authority';", /broker never loads authority/],
  ['packages/broker/src/node/a.ts', "import { x } from '@keystile/authority';", /broker\/node never loads authority/],
  [
    'packages/broker/src/node/a.ts',
    "import type { X } from '@keystile/pki/issue';",
    /broker\/node never loads pki\/issue/,
  ],
  ['packages/broker/src/node/a.ts', "import { x } from '@keystile/tls';", /broker\/node never loads tls/],
]);

refuses('wall 5: the secure IC has one third-party package, inside cose', [
  ['packages/chip/src/a.ts', "import { z } from 'zod';", /chip loads no third-party package zod/],
  ['packages/chip/src/node/a.ts', "import { z } from 'zod';", /chip\/node loads no third-party package zod/],
  ['packages/pki/src/path/a.ts', "import { x } from '@peculiar/x509';", /pki\/path loads no third-party package/],
]);

refuses('whatever is loaded is declared, and tests are loaded by nobody', [
  ['packages/cli/src/a.ts', "import { z } from 'zod';", /zod is not in packages\/cli\/package.json/],
  ['packages/cli/src/a.ts', "import { x } from '@keystile/broker/src/inner.ts';", /does not export it/],
  ['packages/cli/src/a.ts', "import { x } from '/vendor/x.js';", /by an absolute path/],
  ['packages/console/page/a.js', "import { x } from '@keystile/mqtt';", /console\/page loads only/],
  ['packages/console/page/a.js', "import { x } from 'node:fs';", /console\/page does not load node:fs/],
  ['packages/chip/src/a.ts', "import { x } from '@keystile/testkit';", /chip loads testkit, which is for tests/],
  ['packages/cli/src/a.ts', "import { x } from '@keystile/conformance';", /cli loads conformance, which is for tests/],
  ['packages/cli/src/a.ts', "import { x } from '@keystile/bench';", /cli loads bench, which is for tests/],
  ['packages/cli/src/a.ts', "import { x } from '../../../conformance/src/index.ts';", /reaches out of its package/],
  ['packages/cli/test/a.ts', "import { z } from 'zod';", /zod is not in packages\/cli\/package.json/],
]);

test('a test may load testkit, any package of ours and what the root declares', (t) => {
  const text = "import '@keystile/testkit'; import fc from 'fast-check'; import net from 'node:net'; setTimeout(f, 1);";
  assert.deepEqual(saidOf(t, 'packages/tls/test/a.test.ts', text), []);
});

test('conformance reaches into packages by path; what it loads by name it declares', (t) => {
  const reaching = "import '../../packages/tls/src/index.ts'; await import(name);";
  assert.deepEqual(saidOf(t, 'conformance/src/a.ts', reaching), []);
  assert.deepEqual(saidOf(t, 'conformance/test/a.test.ts', reaching), []);
  assert.deepEqual(saidOf(t, 'bench/src/a.ts', reaching), []);
  const [said = ''] = saidOf(t, 'conformance/src/a.ts', "import '@keystile/chip';");
  assert.match(said, /@keystile\/chip is not in conformance\/package.json/);
});

test('the page may load what its server serves', (t) => {
  assert.deepEqual(saidOf(t, 'packages/console/page/a.js', "import { x } from '/vendor/x.js';"), []);
});

test('a package without modules, and one that the map does not know, are refused', (t) => {
  const empty = plantedTree(t, { 'packages/store/package.json': '{"name":"@keystile/store"}' });
  assert.match(violations(loadTree(empty))[0]?.message ?? '', /has no module/);
  const unknown = plantedTree(t, {
    'packages/novel/package.json': '{"name":"@keystile/novel"}',
    'packages/novel/src/a.ts': 'export {};',
  });
  assert.match(violations(loadTree(unknown))[0]?.message ?? '', /novel has no place/);
});

test('a module that cannot be parsed is an error, not a pass', (t) => {
  assert.throws(
    () => loadTree(plantedTree(t, { 'packages/tls/src/a.ts': 'import from from from' })),
    /packages\/tls\/src\/a\.ts/,
  );
});

test('every package of this project has a zone', () => {
  const packages = fileURLToPath(new URL('../../../packages/', import.meta.url));
  for (const name of readdirSync(packages)) assert.ok(name in zones || `${name}/path` in zones, name);
});
