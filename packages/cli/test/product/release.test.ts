import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { firmwareImage } from '@keystile/device';
import {
  installRelease,
  type ReleaseOrder,
  type ReleasePaths,
  releasePaths,
  type UnsignedRelease,
} from '../../src/product/release.ts';
import { scratchFolder } from '../scratch.ts';

interface Bench {
  readonly paths: ReleasePaths;
  readonly source: string;
  readonly signed: UnsignedRelease[];
  install(configuration?: object): ReturnType<typeof installRelease>;
}

async function bench(t: TestContext): Promise<Bench> {
  const folder = await scratchFolder(t);
  const [source, device] = [join(folder, 'source'), join(folder, 'device')];
  await mkdir(join(source, 'inner'), { recursive: true });
  await mkdir(device);
  await writeFile(join(source, 'main.ts'), 'export {};\n');
  await writeFile(join(source, 'inner', 'part.ts'), 'export {};\n');
  const signed: UnsignedRelease[] = [];
  const sign: ReleaseOrder['sign'] = async (release) => {
    signed.push(release);
    return {
      firmwareManifest: Buffer.from(`firmware ${release.firmwareVersion}`),
      configurationManifest: Buffer.from('c'),
    };
  };
  const paths = releasePaths(device);
  return {
    paths,
    source,
    signed,
    install: (configuration = { id: 'ac-1' }) => installRelease(paths, { source, configuration, sign }),
  };
}

test('the first release is version 1, runs as ES modules, and what is signed is what is installed', async (t) => {
  const { paths, signed, install } = await bench(t);
  const installed = await install();
  assert.deepEqual(installed, { firmware: { version: 1, isNew: true }, configuration: { version: 1, isNew: true } });
  assert.deepEqual((await readdir(paths.firmware)).toSorted(), ['inner', 'main.ts', 'package.json']);
  assert.deepEqual(signed[0]?.firmware, await firmwareImage(paths.firmware));
  assert.deepEqual(Buffer.from(signed[0]?.configuration ?? []), await readFile(paths.configuration));
  assert.equal(await readFile(paths.firmwareManifest, 'utf8'), 'firmware 1');
  assert.match(await readlink(paths.packages), /node_modules$/);
});

test('nothing is signed while source and configuration stay the same', async (t) => {
  const { signed, install } = await bench(t);
  await install();
  const again = await install();
  assert.deepEqual(again, { firmware: { version: 1, isNew: false }, configuration: { version: 1, isNew: false } });
  assert.equal(signed.length, 1);
});

test('a changed source is a new firmware version; a changed configuration is a new one of its own', async (t) => {
  const { source, signed, install } = await bench(t);
  await install();
  await writeFile(join(source, 'main.ts'), 'export const changed = true;\n');
  assert.deepEqual(await install(), {
    firmware: { version: 2, isNew: true },
    configuration: { version: 1, isNew: false },
  });
  const { configuration } = await install({ id: 'ac-2' });
  assert.deepEqual(configuration, { version: 2, isNew: true });
  assert.deepEqual(
    signed.map((each) => [each.firmwareVersion, each.configurationVersion]),
    [
      [1, 1],
      [2, 1],
      [2, 2],
    ],
  );
});

test('an installed copy that was changed is neither signed nor repaired', async (t) => {
  const { paths, signed, install } = await bench(t);
  await install();
  await writeFile(join(paths.firmware, 'main.ts'), 'malware();\n');
  await writeFile(paths.configuration, '{"id":"ac-evil"}');
  await install();
  assert.equal(signed.length, 1);
  assert.equal(await readFile(join(paths.firmware, 'main.ts'), 'utf8'), 'malware();\n');
});

test('a new release after a change on the disk is made from the source alone', async (t) => {
  const { paths, source, signed, install } = await bench(t);
  await install();
  await writeFile(join(paths.firmware, 'malware.ts'), 'malware();\n');
  await writeFile(join(source, 'main.ts'), 'export const changed = true;\n');
  await install();
  assert.deepEqual((await readdir(paths.firmware)).toSorted(), ['inner', 'main.ts', 'package.json']);
  assert.deepEqual(signed[1]?.firmware, await firmwareImage(paths.firmware));
});

test('an installation that was cut off before its record is made again, under the same version', async (t) => {
  const { paths, install } = await bench(t);
  await mkdir(`${paths.firmware}.next`);
  await writeFile(join(`${paths.firmware}.next`, 'half.ts'), '');
  assert.equal((await install()).firmware.version, 1);
  assert.ok(!(await readdir(paths.firmware)).includes('half.ts'));
});
