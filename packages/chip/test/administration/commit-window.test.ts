import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { AdministrationResponse } from '@keystile/cose';
import { anchorsFields, commands, decodeField } from '@keystile/link';
import { InProcessPart, SERVER_NAME, type TestAdministrator, TestFleet } from '@keystile/testkit';
import { addRoot, connects, prove, type TwoRoots, twoRoots } from '../support/administration.ts';
import { readWhole } from '../support/stages.ts';

const HOUR_S = 3600;

let fleet: TestFleet;
let operational: InProcessPart;
let roots: TwoRoots;
let part: InProcessPart;
let administrator: TestAdministrator;
before(async () => {
  fleet = await TestFleet.create();
  operational = new InProcessPart({ clock: fleet.clock });
  await fleet.provision(operational);
  roots = await twoRoots(fleet);
});
after(async () => {
  await roots.close();
  fleet.remove();
});
beforeEach(async () => {
  part = operational.fork();
  administrator = fleet.administrator();
  await fleet.boot(part.host);
});

async function stage(
  operation: Parameters<TestAdministrator['command']>[1][number],
  changes: Partial<Parameters<TestAdministrator['stagedCommand']>[2]> = {},
): Promise<AdministrationResponse> {
  const command = await administrator.stagedCommand(part, [operation], { serverName: SERVER_NAME, ...changes });
  return administrator.execute(part, command);
}

async function rootsHeld(): Promise<number> {
  return decodeField(anchorsFields, await readWhole(part, 'anchors')).length;
}

async function outcome(): Promise<string> {
  return (await administrator.status(part)).outcome;
}

describe('the commit window', () => {
  it('rolls a change back by itself when somebody on the network keeps the proof away', async () => {
    await stage(addRoot(roots));
    part.clock.pass(HOUR_S * 1000 - 1);
    assert.equal(await outcome(), 'staged');
    part.clock.pass(1);
    assert.equal(await outcome(), 'rolled-back');
    await assert.rejects(prove(part, roots.newServer), { code: 'KS-C211' });
    assert.equal(await rootsHeld(), 1);
    await connects(part, roots.oldServer);
  });

  it('also when the proof came, and the receipt does not', async () => {
    await stage(addRoot(roots));
    await prove(part, roots.newServer);
    const receipt = await administrator.receipt(await administrator.status(part));
    part.clock.pass(HOUR_S * 1000);
    await assert.rejects(part.call(commands.adminReceipt, { receipt }), { code: 'KS-C211' });
    assert.equal(await outcome(), 'rolled-back');
  });

  it('counts resets, by the line and by power', async () => {
    await stage(addRoot(roots));
    part.powerCycle();
    part.chip.assertResetLine();
    part.powerCycle();
    assert.equal(await outcome(), 'staged');
    part.powerCycle();
    assert.equal(await outcome(), 'rolled-back');
  });

  it('does not begin anew with the power: what was counted stays counted', async () => {
    await stage(addRoot(roots), { windowResets: 1000 });
    for (let minute = 0; minute < 59; minute++) {
      part.clock.pass(60_000);
      await part.call(commands.status, {});
      part.powerCycle();
      assert.equal(await outcome(), 'staged', `minute ${minute}`);
    }
    part.clock.pass(60_000);
    assert.equal(await outcome(), 'rolled-back');
  });

  it('costs the memory one write a powered minute, however often the host asks', async () => {
    await stage(addRoot(roots));
    const generation = async (): Promise<number> => (await part.call(commands.status, {})).nvmGeneration;
    const before = await generation();
    for (let i = 0; i < 40; i++) {
      part.clock.pass(15_000);
      await generation();
    }
    assert.equal(await generation(), before + 10);
  });
});

describe('a later command', () => {
  it('takes the place of a staged change, whose proof and receipt are then worth nothing', async () => {
    await stage(addRoot(roots));
    await prove(part, roots.newServer);
    const receipt = await administrator.receipt(await administrator.status(part));
    const utcMs = fleet.clock.ms + 86_400_000;
    const command = await administrator.command(part, [{ kind: 'raise-time-floor', utcMs }]);
    await administrator.execute(part, command);
    await assert.rejects(part.call(commands.adminReceipt, { receipt }), { code: 'KS-C211' });
    assert.equal(await rootsHeld(), 1);
  });
});
