import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { tamperCauses } from '@keystile/chip';
import { latchTamperWithoutPower } from '@keystile/chip/node';
import { readPartLog } from '@keystile/device';
import { commands } from '@keystile/link';
import { ProcessPart, TestFleet } from '@keystile/testkit/field';
import { readTamperLatch, tamperLatchPath } from '../../src/node/tamper-latch.ts';

describe('the latch file', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ks-latch-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is not set when it is not there, or is empty', () => {
    const fuseFile = join(folder, 'none');
    assert.equal(readTamperLatch(fuseFile), undefined);
    writeFileSync(tamperLatchPath(fuseFile), '');
    assert.equal(readTamperLatch(fuseFile), undefined);
  });

  for (const cause of tamperCauses) {
    it(`remembers ${cause}, the first cause, in a file that is the owner's alone`, () => {
      const fuseFile = join(folder, cause);
      latchTamperWithoutPower(fuseFile, cause);
      latchTamperWithoutPower(fuseFile, 'pin');
      assert.equal(readTamperLatch(fuseFile), cause);
      assert.equal(statSync(tamperLatchPath(fuseFile)).mode & 0o777, 0o600);
    });
  }

  it('whose words are of no cause is set, and one that cannot be read is a fault and not silence', () => {
    const fuseFile = join(folder, 'scribbled');
    writeFileSync(tamperLatchPath(fuseFile), 'lightning');
    assert.equal(readTamperLatch(fuseFile), 'pin');
    mkdirSync(tamperLatchPath(join(folder, 'torn-out')));
    assert.throws(() => readTamperLatch(join(folder, 'torn-out')), { code: 'KS-C136' });
    assert.throws(() => latchTamperWithoutPower(join(folder, 'nowhere', 'fuses'), 'pin'), { code: 'KS-C136' });
  });
});

describe('a virtual part that was opened while it had no power', () => {
  let fleet: TestFleet;
  let part: ProcessPart;
  before(async () => {
    [fleet, part] = await Promise.all([TestFleet.create(), ProcessPart.start()]);
    await fleet.provision(part);
  });
  after(async () => {
    await part.remove();
    fleet.remove();
  });

  it('has no keys when it starts, tells of it in its log, and stays so when the latch is taken away', async () => {
    await part.restart(() => latchTamperWithoutPower(part.fuseFile, 'temperature'));
    assert.partialDeepStrictEqual(await part.call(commands.status, {}), { tampered: true, lifeCycle: 'tampered' });
    const { entries } = await readPartLog(part.host, { segment: 'life-cycle' });
    assert.partialDeepStrictEqual(entries.at(-1), { event: 'tampered', detail: 'temperature', count: 1 });
    const latch = tamperLatchPath(part.fuseFile);
    assert.equal(readFileSync(latch, 'utf8'), 'temperature\n', 'the part does not touch it');
    await part.restart(() => rmSync(latch));
    assert.equal(existsSync(latch), false);
    assert.partialDeepStrictEqual(await part.call(commands.status, {}), { tampered: true });
    await assert.rejects(part.call(commands.generate, { slot: 'ldevid' }), { code: 'KS-C113' });
    const again = await readPartLog(part.host, { segment: 'life-cycle' });
    assert.deepEqual(again.entries, entries, 'it is told once');
  });

  it('does not start with a latch that others may write', async () => {
    await part.stop();
    latchTamperWithoutPower(part.fuseFile, 'pin');
    chmodSync(tamperLatchPath(part.fuseFile), 0o666);
    await assert.rejects(part.start(), { code: 'KS-C137', detail: /latch has mode 0666/ });
  });
});
