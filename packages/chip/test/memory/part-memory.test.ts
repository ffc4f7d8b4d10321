import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { commands } from '@keystile/link';
import { InProcessPart, MemorySlots, type StoredSlots, TestFleet } from '@keystile/testkit';

const HOUR_MS = 3_600_000;
const isFull = process.env.KEYSTILE_TEST_FULL === '1';

let fleet: TestFleet;
let part: InProcessPart;
/** Copies of the memory after each of some changes, the oldest first; the last one is what the part has now. */
const history: StoredSlots[] = [];
before(async () => {
  fleet = await TestFleet.create();
  part = new InProcessPart({ clock: fleet.clock });
  await fleet.provision(part);
  history.push(part.nvm.copy());
  for (let hour = 1; hour <= 3; hour++) {
    await fleet.tellTime(part, fleet.clock.ms + hour * HOUR_MS);
    history.push(part.nvm.copy());
  }
});
after(() => fleet.remove());

/** The part with its own fuses and this memory in place of its own. */
function withMemory(slots: StoredSlots): InProcessPart {
  const other = part.fork();
  other.nvm.putBack(slots);
  other.fuses.putBack(part.fuses.copy());
  other.powerCycle();
  return other;
}

describe('the memory of a part', () => {
  it('is taken when it is the newest, also when the older slot is missing, damaged or another old one', async () => {
    const newest = part.nvm.copy();
    const current = (await part.call(commands.status, {})).nvmGeneration;
    const slot = generationOf(newest[0]) === current ? 0 : 1;
    const others = [undefined, new Uint8Array(0), new Uint8Array(500).fill(9), ...history.flat()];
    for (const other of others) {
      const restored = withMemory(slot === 0 ? [newest[0], other] : [other, newest[1]]);
      assert.equal(restored.chip.fault, undefined);
      const { timeFloorMs } = await restored.call(commands.status, {});
      assert.equal(timeFloorMs, fleet.clock.ms + 3 * HOUR_MS);
    }
  });

  it('is refused in every mixture of older slots', () => {
    const current = history.at(-1) ?? [undefined, undefined];
    const all = history.flat();
    let mixtures = 0;
    for (const first of all) {
      for (const second of all) {
        const holdsCurrent = [first, second].some((each) => generationOf(each) === newestGeneration(current));
        if (holdsCurrent) continue;
        mixtures++;
        assert.equal(withMemory([first, second]).chip.fault?.code, 'KS-C131');
      }
    }
    assert.ok(mixtures > 20);
  });

  it('is refused when all of it is gone', () => {
    const emptied = withMemory([undefined, undefined]);
    assert.equal(emptied.chip.fault?.code, 'KS-C131');
    assert.match(emptied.chip.fault?.detail ?? '', /holds generation 0/);
  });

  it('is refused by another part, whole or one slot of it', async () => {
    const other = new InProcessPart({ clock: fleet.clock });
    await other.call(commands.info, {});
    const [first, second] = part.nvm.copy();
    for (const slots of [
      [first, second],
      [first, undefined],
      [undefined, second],
    ] as const) {
      const clone = other.fork();
      clone.nvm.putBack(slots);
      clone.powerCycle();
      assert.equal(clone.chip.fault?.code, 'KS-C130');
      await assert.rejects(clone.call(commands.info, {}), { code: 'KS-C130' });
    }
  });

  it('is refused without its fuses, and with damaged ones', () => {
    const bare = part.fork();
    bare.nvm.putBack(part.nvm.copy());
    bare.fuses.putBack([undefined, undefined]);
    bare.powerCycle();
    assert.equal(bare.chip.fault?.code, 'KS-C133');
    bare.fuses.putBack([new Uint8Array(165).fill(3), new Uint8Array(165).fill(4)]);
    bare.powerCycle();
    assert.equal(bare.chip.fault?.code, 'KS-C134');
    assert.deepEqual(bare.nvm.copy(), part.nvm.copy(), 'a faulty part keeps its hands off the memory');
  });

  it('is refused with any bit of the current snapshot flipped', () => {
    const newest = part.nvm.copy();
    const slot = generationOf(newest[0]) > generationOf(newest[1]) ? 0 : 1;
    const { length } = newest[slot] ?? new Uint8Array(0);
    const step = isFull ? 1 : 7;
    for (let at = 0; at < length; at += at < 140 ? 1 : step) {
      const damaged = part.fork();
      damaged.nvm.putBack(newest);
      damaged.fuses.putBack(part.fuses.copy());
      damaged.nvm.flip(slot, at);
      damaged.powerCycle();
      const code = damaged.chip.fault?.code;
      // The tag of the part stands in its header in clear: with another one it is another part's memory.
      assert.equal(code, at >= 4 && at < 20 ? 'KS-C130' : 'KS-C132', `byte ${at}`);
    }
  });

  it('is refused when cut short anywhere', () => {
    const newest = part.nvm.copy();
    const slot = generationOf(newest[0]) > generationOf(newest[1]) ? 0 : 1;
    const whole = newest[slot] ?? new Uint8Array(0);
    for (let length = 1; length < whole.length; length += isFull ? 1 : 97) {
      const cut = whole.subarray(0, length);
      const damaged = withMemory(slot === 0 ? [cut, newest[1]] : [newest[0], cut]);
      assert.equal(damaged.chip.fault?.code, 'KS-C132', `${length} bytes`);
    }
  });

  it('does not take over a state that was abandoned: what a cut prevented cannot come after what was done instead', async () => {
    const branch = part.fork();
    branch.cutPowerLater({ atWrite: 2, keptBytes: 0 });
    await assert.rejects(fleet.tellTime(branch, fleet.clock.ms + 100 * HOUR_MS));
    const abandoned = branch.nvm.copy();
    // Whoever holds the files removes the newer snapshot before the start, so that the part goes another way.
    const cutFuses = branch.fuses.copy();
    const generation = Math.max(...abandoned.map(generationOf));
    const older = abandoned.map((each) => (generationOf(each) === generation ? undefined : each));
    const other = part.fork();
    other.nvm.putBack([older[0], older[1]]);
    other.fuses.putBack(cutFuses);
    other.powerCycle();
    assert.equal(faultOf(other), undefined);
    other.nvm.putBack(abandoned);
    other.powerCycle();
    assert.equal(faultOf(other), 'KS-C131');
  });

  it('starts a new part only where there is neither memory nor fuses', async () => {
    const fresh = new InProcessPart({ nvm: new MemorySlots(), fuses: new MemorySlots() });
    assert.equal((await fresh.call(commands.info, {})).lifeCycle, 'unmade');
  });
});

function faultOf({ chip }: InProcessPart): string | undefined {
  return chip.fault?.code;
}

/** From the header of a snapshot; 0 for none. */
function generationOf(bytes: Uint8Array | undefined): number {
  if (bytes === undefined || bytes.length < 28) return 0;
  return Number(Buffer.from(bytes).readBigUInt64BE(20));
}

function newestGeneration(slots: StoredSlots): number {
  return Math.max(...slots.map(generationOf));
}
