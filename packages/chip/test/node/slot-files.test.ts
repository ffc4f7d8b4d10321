import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { FUSE_RECORD_LENGTH } from '../../src/memory/fuse.ts';
import { demandPrivate, fuseFile, nvmFolder } from '../../src/node/slot-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'ks-slots-'));
after(() => rmSync(folder, { recursive: true }));

const bytes = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);

test('a slot of the memory is a file of its own, as long as what was written last', () => {
  const nvm = nvmFolder(folder);
  assert.equal(nvm.read(0), undefined);
  nvm.write(0, bytes(100, 1));
  nvm.write(1, bytes(50, 2));
  nvm.write(0, bytes(10, 3));
  assert.deepEqual(nvm.read(0), bytes(10, 3));
  assert.deepEqual(nvm.read(1), bytes(50, 2));
  assert.equal(statSync(join(folder, 'snapshot.0')).mode & 0o777, 0o600);
});

test('the two records of the fuses share one file, and the one that was never written is not there', () => {
  const path = join(folder, 'fuses');
  const fuses = fuseFile(path);
  assert.equal(fuses.read(0), undefined);
  fuses.write(0, bytes(FUSE_RECORD_LENGTH, 1));
  assert.equal(fuses.read(1), undefined);
  fuses.write(1, bytes(FUSE_RECORD_LENGTH, 2));
  fuses.write(0, bytes(20, 3));
  assert.deepEqual(fuses.read(0), Uint8Array.from([...bytes(20, 3), ...bytes(FUSE_RECORD_LENGTH - 20, 1)]));
  assert.deepEqual(fuses.read(1), bytes(FUSE_RECORD_LENGTH, 2));
  truncateSync(path, FUSE_RECORD_LENGTH + 7);
  assert.deepEqual(fuses.read(1), bytes(7, 2), 'a write that was cut is shorter');
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('what others may open is refused; what is not there yet is not', () => {
  const path = join(folder, 'fuses');
  demandPrivate(path);
  demandPrivate(join(folder, 'none such'));
  for (const mode of [0o640, 0o604, 0o620, 0o601]) {
    chmodSync(path, mode);
    assert.throws(() => demandPrivate(path), { code: 'KS-C137' }, mode.toString(8));
  }
});

test('what the operating system refuses is a coded error', () => {
  const nowhere = nvmFolder(join(folder, 'gone'));
  assert.throws(() => nowhere.write(0, bytes(1, 1)), { code: 'KS-C136', message: /gone.*ENOENT/ });
});
