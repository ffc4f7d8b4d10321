import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeHomeFolder, markHome } from '../../src/home/create.ts';
import { refuseWideModes } from '../../src/home/key-modes.ts';
import { scratchHome } from '../scratch.ts';

test('a key that the group or others can read is refused with the command that narrows it', async (t) => {
  const paths = await scratchHome(t);
  await makeHomeFolder(paths);
  await markHome(paths);
  await mkdir(join(paths.authority, 'root'), { recursive: true });
  await mkdir(join(paths.authority, 'keys'), { recursive: true });
  await mkdir(join(paths.parts, 'KS-1', 'nvm'), { recursive: true });
  const secrets = [
    join(paths.authority, 'root', 'key.pem'),
    join(paths.authority, 'keys', 'boot.pem'),
    join(paths.broker, 'key.pem'),
    join(paths.operator, 'key.pem'),
    paths.hostPairing,
    join(paths.parts, 'KS-1.fuse'),
    join(paths.parts, 'KS-1', 'nvm', 'journal'),
  ];
  for (const secret of secrets) await writeFile(secret, 'secret', { mode: 0o600 });
  await writeFile(join(paths.operator, 'cert.pem'), 'public', { mode: 0o644 });
  await refuseWideModes(paths);
  for (const secret of secrets) {
    for (const mode of [0o640, 0o604, 0o620]) {
      await chmod(secret, mode);
      await assert.rejects(refuseWideModes(paths), { code: 'KS-U113', message: new RegExp(`chmod 600 ${secret}$`) });
    }
    await chmod(secret, 0o600);
  }
  await chmod(paths.home, 0o755);
  await assert.rejects(refuseWideModes(paths), { code: 'KS-U113', message: /mode 0755; chmod 700/ });
});
