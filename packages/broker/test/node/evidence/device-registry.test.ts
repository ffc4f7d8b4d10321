import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DeviceRegistry } from '../../../src/node/evidence/device-registry.ts';

const key = (byte: string): string => byte.repeat(32);

function entry(serial: string, attestation: string): object {
  return { serial, attestation_key: attestation, identity: `urn:keystile:home:device:${serial}` };
}

describe('the registry of devices', () => {
  let folder: string;
  let path: string;
  let writes = 0;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ks-registry-'));
    path = join(folder, 'devices.json');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Each write has a time of its own, as on a disk with coarse times an hour later. */
  function write(content: unknown): void {
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    writes += 1;
    utimesSync(path, 1_700_000_000 + writes, 1_700_000_000 + writes);
  }

  it('is read when it is asked, and again when it has changed', () => {
    const registry = new DeviceRegistry(path);
    assert.throws(() => registry.find(key('aa')), { code: 'KS-B325', detail: /ENOENT/ });
    write([entry('KS-1', key('aa'))]);
    assert.equal(registry.find(key('aa'))?.serial, 'KS-1');
    assert.equal(registry.find(key('bb')), undefined);
    write([entry('KS-2', key('bb'))]);
    assert.equal(registry.find(key('aa')), undefined);
    assert.equal(registry.find(key('bb'))?.identity, 'urn:keystile:home:device:KS-2');
  });

  it('knows nobody while the file is not what it should be', () => {
    const registry = new DeviceRegistry(path);
    const wrong: readonly unknown[] = [
      '[',
      {},
      [{ ...entry('KS-1', key('aa')), more: 1 }],
      [entry('KS-1', 'aa')],
      [{ ...entry('KS-1', key('aa')), identity: 'ac-1' }],
      [entry('KS-1', key('aa')), entry('KS-2', key('aa'))],
    ];
    for (const content of wrong) {
      write([entry('KS-1', key('aa'))]);
      assert.ok(registry.find(key('aa')));
      write(content);
      for (const again of [1, 2]) {
        assert.throws(() => registry.find(key('aa')), { code: 'KS-B325' }, `${JSON.stringify(content)}, ${again}`);
      }
    }
  });
});
