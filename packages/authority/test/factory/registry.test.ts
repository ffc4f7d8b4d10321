import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type DeviceEntry, type PartEntry, Registry } from '../../src/index.ts';
import { temporaryHome } from '../support/home.ts';

function part(serial: string): PartEntry {
  const attestationKey = Buffer.from(serial.padEnd(32)).toString('hex');
  return { serial, model: 'KS-1', attestationKey, madeAt: '2026-11-23T12:00:00.000Z' };
}

function device(id: string): DeviceEntry {
  return {
    fleet: 'home',
    id,
    idevidKey: 'aa'.repeat(32),
    ldevidKey: 'bb'.repeat(32),
    idevidSerial: '01',
    ldevidSerial: '02',
    ldevidExpiresAt: '2027-02-21T12:00:00.000Z',
    contentsDigest: 'cc'.repeat(32),
    lot: 'lot-1',
    provisionedAt: '2026-11-23T12:00:00.000Z',
  };
}

test('what was added is found by serial, id and key, also after opening again', async (context) => {
  const path = join(await temporaryHome(context), 'registry.json');
  const registry = await Registry.open(path);
  assert.deepEqual(registry.parts, []);
  await registry.addPart(part('KS-000001'));
  await registry.addDevice('KS-000001', device('ac-000001'));
  for (const each of [registry, await Registry.open(path)]) {
    assert.equal(each.find('KS-000001')?.device?.id, 'ac-000001');
    assert.equal(each.findDevice('ac-000001')?.serial, 'KS-000001');
    assert.equal(each.findKey('aa'.repeat(32))?.serial, 'KS-000001');
    assert.equal(each.findKey('bb'.repeat(32))?.serial, 'KS-000001');
    assert.equal(each.findKey('dd'.repeat(32)), undefined);
  }
});

test('parts that finish at the same moment do not lose each other', async (context) => {
  const path = join(await temporaryHome(context), 'registry.json');
  const registry = await Registry.open(path);
  const serials = Array.from({ length: 20 }, (_, i) => `KS-${String(i).padStart(6, '0')}`);
  await Promise.all(serials.map((serial) => registry.addPart(part(serial))));
  assert.deepEqual(
    (await Registry.open(path)).parts.map(({ serial }) => serial),
    serials,
  );
});

test('a serial number enters once and is provisioned once; the file stays as it was', async (context) => {
  const path = join(await temporaryHome(context), 'registry.json');
  const registry = await Registry.open(path);
  await registry.addPart(part('KS-000001'));
  await assert.rejects(registry.addPart(part('KS-000001')), { code: 'KS-A112' });
  await assert.rejects(registry.addDevice('KS-000002', device('ac-000002')), { code: 'KS-A140' });
  await registry.addDevice('KS-000001', device('ac-000001'));
  const before = await readFile(path, 'utf8');
  await assert.rejects(registry.addDevice('KS-000001', device('ac-000001')), { code: 'KS-A112' });
  assert.equal(await readFile(path, 'utf8'), before);
  await registry.addPart(part('KS-000003'));
});

test('a damaged registry is named and not overwritten', async (context) => {
  const path = join(await temporaryHome(context), 'registry.json');
  for (const text of [
    '',
    '{',
    '{"format":2,"parts":[]}',
    '{"format":1,"parts":[{}]}',
    '{"format":1,"parts":[],"x":1}',
  ]) {
    await writeFile(path, text);
    await assert.rejects(Registry.open(path), { code: 'KS-A104' }, text);
    assert.equal(await readFile(path, 'utf8'), text);
  }
});
