import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { KeystileError } from '@keystile/errors';
import { firmwareImage } from '../src/index.ts';

const folder = await mkdtemp(join(tmpdir(), 'ks-image-'));
after(() => rm(folder, { recursive: true }));
await mkdir(join(folder, 'sub'));
await writeFile(join(folder, 'b.ts'), 'bb');
await writeFile(join(folder, 'sub', 'a.ts'), 'a');
const image = await firmwareImage(folder);

test('the image is paths, lengths and contents in the order of the paths', () => {
  const expected = Buffer.concat([
    Buffer.from([0, 4]),
    Buffer.from('b.ts'), // path
    Buffer.from([0, 0, 0, 2]),
    Buffer.from('bb'), // content
    Buffer.from([0, 8]),
    Buffer.from('sub/a.ts'),
    Buffer.from([0, 0, 0, 1]),
    Buffer.from('a'),
  ]);
  assert.deepEqual(Buffer.from(image), expected);
});

test('dates and modes do not count', async () => {
  await utimes(join(folder, 'b.ts'), 1, 1);
  await chmod(join(folder, 'b.ts'), 0o600);
  assert.deepEqual(await firmwareImage(folder), image);
});

test('a byte, a name and a new file do', async () => {
  await writeFile(join(folder, 'b.ts'), 'bB');
  assert.notDeepEqual(await firmwareImage(folder), image);
  await writeFile(join(folder, 'b.ts'), 'bb');
  await writeFile(join(folder, 'c.ts'), '');
  assert.notDeepEqual(await firmwareImage(folder), image);
  await rm(join(folder, 'c.ts'));
  assert.deepEqual(await firmwareImage(folder), image);
});

test('a symbolic link and a folder that is too large are refused', async () => {
  await symlink('/etc/hostname', join(folder, 'link'));
  await assert.rejects(firmwareImage(folder), (error) => error instanceof KeystileError && error.code === 'KS-D103');
  await rm(join(folder, 'link'));
  await writeFile(join(folder, 'large'), Buffer.alloc(256 * 1024));
  await assert.rejects(firmwareImage(folder), /KS-D103: .* larger than/);
  await rm(join(folder, 'large'));
});
