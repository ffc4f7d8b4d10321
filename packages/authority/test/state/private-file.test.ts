import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makePrivateFolder, readKeyFile, writeKeyFile, writePublicFile } from '../../src/state/private-file.ts';
import { temporaryHome } from '../support/home.ts';

test('a key file has mode 0600 in a folder of mode 0700, whatever the umask', async (context) => {
  const folder = join(await temporaryHome(context), 'a/b');
  const before = process.umask(0);
  context.after(() => process.umask(before));
  await makePrivateFolder(folder);
  await writeKeyFile(join(folder, 'key.pem'), 'secret');
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
  assert.equal((await stat(join(folder, 'key.pem'))).mode & 0o777, 0o600);
  assert.equal(await readKeyFile(join(folder, 'key.pem')), 'secret');
});

test('a write replaces the file at once and leaves nothing beside it', async (context) => {
  const folder = await temporaryHome(context);
  const path = join(folder, 'registry.json');
  await writePublicFile(path, 'old');
  await writePublicFile(path, 'new');
  assert.equal(await readFile(path, 'utf8'), 'new');
  assert.deepEqual(await readdir(folder), ['registry.json']);
});

test('a write that fails leaves the old file and no other', async (context) => {
  const folder = await temporaryHome(context);
  await mkdir(join(folder, 'target'));
  await writeFile(join(folder, 'target', 'in the way'), '');
  await assert.rejects(writePublicFile(join(folder, 'target'), 'new'), { code: 'KS-A105' });
  assert.deepEqual(await readdir(folder), ['target']);
});

test('a key that others could read is refused, by file mode and by folder mode', async (context) => {
  const folder = join(await temporaryHome(context), 'keys');
  await makePrivateFolder(folder);
  const path = join(folder, 'key.pem');
  await writeKeyFile(path, 'secret');
  for (const mode of [0o640, 0o604, 0o660, 0o610, 0o602]) {
    await chmod(path, mode);
    await assert.rejects(readKeyFile(path), { code: 'KS-A101' }, mode.toString(8));
  }
  await chmod(path, 0o400);
  assert.equal(await readKeyFile(path), 'secret', 'narrower than 0600 is welcome');
  await chmod(folder, 0o770);
  await assert.rejects(readKeyFile(path), { code: 'KS-A101' });
});

test('a missing key and a link in its place are named', async (context) => {
  const folder = await temporaryHome(context);
  await assert.rejects(readKeyFile(join(folder, 'key.pem')), { code: 'KS-A100' });
  await writeKeyFile(join(folder, 'real.pem'), 'secret');
  await symlink(join(folder, 'real.pem'), join(folder, 'link.pem'));
  await assert.rejects(readKeyFile(join(folder, 'link.pem')), { code: 'KS-A104' });
});
