import assert from 'node:assert/strict';
import { createHash, createPublicKey } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { signTimeToken } from '@keystile/authority';
import { lockOrder } from '@keystile/cose';
import { commands, encodeField, identityFields, objectNames } from '@keystile/link';
import { es256Signer, type InProcessPart, TestFleet } from '@keystile/testkit';
import { connectInProcess } from '../support/connect.ts';
import { type Stages, stagesOf } from '../support/stages.ts';

/**
 * The power fails at every write of every command that changes the memory, after none, some or all of its bytes: the part
 * starts again with the old state or the new one, and with the new one once the command was answered.
 */
interface Change {
  readonly stage: keyof Stages;
  readonly prepare?: (part: InProcessPart) => Promise<void>;
  readonly make: (part: InProcessPart) => Promise<unknown>;
}

let fleet: TestFleet;
let stages: Stages;
before(async () => {
  fleet = await TestFleet.create();
  stages = await stagesOf(fleet);
});
after(() => fleet.remove());

const HOUR_MS = 3_600_000;

async function openLine(part: InProcessPart): Promise<void> {
  const { keys } = fleet.fleet;
  await part.call(commands.provisionBegin, { lineNonce: new Uint8Array(32), linePublicKey: spki(keys.line) });
}

async function lock(part: InProcessPart): Promise<void> {
  const { keys } = fleet.fleet;
  const { serial } = await part.call(commands.info, {});
  const none = new Uint8Array(0);
  const dryRun = await part.call(commands.provisionLock, { dryRun: true, order: none, timeToken: none });
  const { nonce } = await part.call(commands.timeChallenge, {});
  const timeToken = await signTimeToken(keys.time, { serial, nonce: nonce.slice(), nowMs: fleet.clock.ms });
  const stated = { serial, lineNonce: new Uint8Array(32), contentsDigest: dryRun.contentsDigest.slice() };
  const order = await lockOrder.sign(stated, es256Signer(keys.line));
  await part.call(commands.provisionLock, { dryRun: false, order, timeToken });
}

const changes: Readonly<Record<string, Change>> = {
  MAKER_BEGIN: { stage: 'unmade', make: (part) => part.call(commands.makerBegin, { serial: 'KS-1', model: 'M' }) },
  'MAKER_BEGIN and MAKER_FINISH': { stage: 'unmade', make: (part) => fleet.make(part, `KS-${counter()}`) },
  GENERATE: { stage: 'blank', make: (part) => part.call(commands.generate, { slot: 'ldevid' }) },
  PROVISION_WRITE: {
    stage: 'blank',
    prepare: openLine,
    make: (part) => {
      const bytes = encodeField(identityFields, { fleet: 'home', role: 'device', id: 'ac-1' });
      return part.call(commands.provisionWrite, { object: 'identity', offset: 0, total: bytes.length, bytes });
    },
  },
  PAIR_FINISH: { stage: 'blank', prepare: openLine, make: (part) => part.pair(() => {}) },
  PROVISION_LOCK: { stage: 'provisioned', prepare: openLine, make: lock },
  TIME_TOKEN: { stage: 'operational', make: (part) => fleet.tellTime(part, fleet.clock.ms + HOUR_MS) },
  BOOT_COMMIT: {
    stage: 'operational',
    prepare: async (part) => {
      await fleet.boot(part.host, { firmwareVersion: 2, configurationVersion: 3 });
      await connectInProcess(fleet, part);
    },
    make: (part) => part.call(commands.bootCommit, {}),
  },
  'the reset line': { stage: 'operational', make: async (part) => part.chip.assertResetLine() },
  'a tamper event': { stage: 'operational', make: (part) => part.tamper() },
  'a tamper event in the factory': { stage: 'provisioned', make: (part) => part.tamper() },
};

let counted = 0;
function counter(): string {
  return String(++counted).padStart(6, '9');
}

function spki(key: Parameters<typeof es256Signer>[0]): Uint8Array {
  return new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }));
}

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
  const { lifeCycle, tampered, firmwareVersionMin, configurationVersionMin, timeFloorMs } = status;
  const counters = { firmwareVersionMin, configurationVersionMin, timeFloorMs };
  return JSON.stringify({ lifeCycle, tampered, ...counters, made: serial !== '', model, objects });
}

async function startsWith(part: InProcessPart): Promise<string> {
  assert.equal(part.chip.fault, undefined, part.chip.fault?.message);
  return remembered(part);
}

/** How much of the write that is cut reaches the storage. */
const kept = [0, 1, 70, 160, 10_000];

describe('a power cut at every write', () => {
  for (const [name, change] of Object.entries(changes)) {
    it(`of ${name} leaves the old state or the new one`, async () => {
      const start = async (): Promise<InProcessPart> => {
        const part = stages[change.stage].fork();
        await change.prepare?.(part);
        return part;
      };
      const whole = await start();
      const old = await remembered(whole);
      const writesBefore = whole.writes;
      await change.make(whole);
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
          await assert.rejects(change.make(part));
          part.powerCycle();
          const found = await startsWith(part);
          // MAKER_BEGIN and MAKER_FINISH are two changes; between them the part is made and not finished.
          const isBetween = name.includes('FINISH') && found.includes('"unmade"');
          assert.ok(found === old || found === changed || isBetween, `write ${atWrite}, ${keptBytes} bytes: ${found}`);
          if (found === old) oldOnes++;
          if (atWrite === writes && keptBytes === 10_000) assert.equal(found, changed, 'all was written');
          if (found === old && change.stage !== 'unmade') {
            await change.prepare?.(part);
            await change.make(part);
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
