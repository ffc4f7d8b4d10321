import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnPart, timingProfiles } from '@keystile/chip/node';
import { openPart } from '@keystile/device';
import { commands } from '@keystile/link';
import { askControl } from '@keystile/link/node';
import { ProcessPart } from '@keystile/testkit/field';

const place = new ProcessPart();
after(() => place.remove());

test('a process with a profile says which, takes its time over the bus, and answers others only then', async () => {
  const { nvmFolder, fuseFile, busPath, controlPath } = place;
  const served = await spawnPart({ nvmFolder, fuseFile, busPath, controlPath, profile: 'se050' });
  try {
    assert.partialDeepStrictEqual(await askControl(controlPath, { op: 'status' }), { profile: 'se050' });
    const [maker, other] = await Promise.all([1, 2].map(() => openPart({ path: busPath, bus: 'i2c:1MHz' })));
    const { generate } = timingProfiles.se050;
    const started = performance.now();
    const made = maker?.call(commands.makerBegin, { serial: 'KS-000001', model: 'M' });
    // Two masters have no order among them: this one comes while the part makes its key.
    await sleep(generate / 5);
    await other?.call(commands.info, {});
    const meanwhile = performance.now() - started;
    await made;
    // A timer of Node may be a millisecond early.
    assert.ok(performance.now() - started >= generate - 1, 'the key took its time');
    assert.ok(meanwhile >= generate - 1, 'a part does one thing after the other');
    maker?.close();
    other?.close();
  } finally {
    await served.stop();
  }
});
