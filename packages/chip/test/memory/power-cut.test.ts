import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it, test } from 'node:test';
import { writeBudgets } from '@keystile/chip';
import { readPartLog } from '@keystile/device';
import { commands, logSegmentNames, objectNames } from '@keystile/link';
import { type InProcessPart, TestFleet } from '@keystile/testkit';
import { commandChanges, type MemoryChange, otherChanges, writesNothing } from '../support/memory-changes.ts';
import { type Stages, stagesOf } from '../support/stages.ts';

/**
 * The power fails at every write of everything that changes the memory, after none, some or all of its bytes: the part
 * starts again with the old state or the new one, and with the new one once the command was answered. What is changed,
 * `support/memory-changes.ts` says.
 */
let fleet: TestFleet;
let stages: Stages;
before(async () => {
  fleet = await TestFleet.create();
  stages = await stagesOf(fleet);
});
after(() => fleet.remove());

const HOUR_MS = 3_600_000;

/** What a part remembers, in so far as two runs of one change must agree: keys are random, the rest is not. */
async function remembered(part: InProcessPart): Promise<string> {
  const status = await part.call(commands.status, {});
  const { serial, model } = await part.call(commands.info, {});
  const objects: string[] = [];
  if (!['unmade', 'tampered'].includes(status.lifeCycle)) {
    const { objects: listed } = await part.call(commands.list, {});
    for (const { object, length } of listed) objects.push(`${object} ${length > 0}`);
    for (const object of objectNames.filter((name) => ['identity', 'anchors', 'boot-key'].includes(name))) {
      const found = await part.call(commands.read, { object, offset: 0, lengthMax: 4096 }).catch(() => undefined);
      if (found !== undefined) objects.push(createHash('sha256').update(found.bytes).digest('hex'));
    }
  }
  const log = await toldBy(part);
  const { lifeCycle, tampered, firmwareVersionMin, configurationVersionMin, timeFloorMs } = status;
  const counters = { firmwareVersionMin, configurationVersionMin, timeFloorMs };
  return JSON.stringify({ lifeCycle, tampered, ...counters, made: serial !== '', model, objects, log });
}

/** What the log tells, but for resets, since each start is one, and for what this test itself reads in vain. */
async function toldBy(part: InProcessPart): Promise<readonly string[]> {
  const { lifeCycle } = await part.call(commands.info, {});
  if (lifeCycle === 'unmade') return [];
  const readings = await Promise.all(logSegmentNames.map((segment) => readPartLog(part.host, { segment })));
  return readings
    .flatMap(({ entries }) => entries)
    .filter(({ event, detail }) => event !== 'reset' && !detail.endsWith(' READ'))
    .map(({ event, detail, count }) => `${event} ${detail} ${count}`);
}

async function startsWith(part: InProcessPart): Promise<string> {
  assert.equal(part.chip.fault, undefined, part.chip.fault?.message);
  return remembered(part);
}

/** How much of the write that is cut reaches the storage. */
const kept = [0, 1, 70, 160, 10_000];

test('every command of the part has its case, or has no budget for a write and says that it writes nothing', () => {
  const cases = Object.keys(commandChanges);
  assert.deepEqual([...cases, ...writesNothing].toSorted(), Object.keys(commands).toSorted());
  assert.deepEqual(
    writesNothing.filter((name) => writeBudgets[name] !== undefined),
    [],
  );
});

const changes: Readonly<Record<string, MemoryChange>> = { ...commandChanges, ...otherChanges };

describe('a power cut at every write', () => {
  for (const [name, change] of Object.entries(changes)) {
    it(`of ${name} leaves the old state or the new one`, async () => {
      const start = async (): Promise<InProcessPart> => {
        const part = stages[change.stage].fork();
        await change.prepare?.(part, fleet);
        return part;
      };
      const whole = await start();
      const old = await remembered(whole);
      const writesBefore = whole.writes;
      await change.make(whole, fleet);
      const writes = whole.writes - writesBefore;
      assert.ok(writes >= 2, 'a change writes the memory and the fuses');
      whole.powerCycle();
      const changed = await startsWith(whole);
      if (name !== 'the reset line') assert.notEqual(changed, old);

      let oldOnes = 0;
      for (let atWrite = 1; atWrite <= writes; atWrite++) {
        for (const keptBytes of kept) {
          const part = await start();
          part.cutPowerLater({ atWrite, keptBytes });
          await assert.rejects(change.make(part, fleet));
          part.powerCycle();
          const found = await startsWith(part);
          // MAKER_BEGIN is before it; between the two the part is made and not finished.
          const isBetween = name === 'makerFinish' && found.includes('"unmade"');
          assert.ok(found === old || found === changed || isBetween, `write ${atWrite}, ${keptBytes} bytes: ${found}`);
          if (found === old) oldOnes++;
          if (atWrite === writes && keptBytes === 10_000) assert.equal(found, changed, 'all was written');
          if (found === old && change.stage !== 'unmade') {
            await change.prepare?.(part, fleet);
            await change.make(part, fleet);
          }
        }
      }
      assert.ok(oldOnes > 0, 'a cut in the first write leaves the old state');
    });
  }

  for (const slot of ['first', 'second']) {
    it(`of the start itself, once and twice, is made good by the next start (${slot} slot)`, async () => {
      const interrupted = stages.operational.fork();
      if (slot === 'second') await fleet.tellTime(interrupted, fleet.clock.ms + 1);
      interrupted.cutPowerLater({ atWrite: 2, keptBytes: 0 });
      await assert.rejects(fleet.tellTime(interrupted, fleet.clock.ms + HOUR_MS));
      const { bootCount } = await stages.operational.fork().call(commands.status, {});
      // A start writes the fuses, to take the newer memory over, and then memory and fuses, to count itself.
      for (let atWrite = 1; atWrite <= 3; atWrite++) {
        for (const keptBytes of kept) {
          const part = stages.operational.fork();
          part.nvm.putBack(interrupted.nvm.copy());
          part.fuses.putBack(interrupted.fuses.copy());
          assert.throws(() => part.powerCycle({ atWrite, keptBytes }), { name: 'PowerFailure' });
          assert.throws(() => part.powerCycle({ atWrite: 1, keptBytes }), { name: 'PowerFailure' });
          part.powerCycle();
          assert.equal(part.chip.fault, undefined, part.chip.fault?.message);
          const status = await part.call(commands.status, {});
          assert.equal(status.timeFloorMs, fleet.clock.ms + HOUR_MS, 'the memory was written: the new state');
          assert.ok(status.bootCount >= bootCount, 'no start is uncounted');
        }
      }
    });
  }
});
