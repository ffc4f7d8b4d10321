import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type TamperCause, tamperCauses } from '@keystile/chip';
import { readPartLog } from '@keystile/device';
import { commands } from '@keystile/link';
import { InProcessPart, SERVER_NAME, TestFleet } from '@keystile/testkit';

/** What the board's latch remembers at the next start. */
let latched: TamperCause | undefined;
let fleet: TestFleet;
let original: InProcessPart;
before(async () => {
  fleet = await TestFleet.create();
  original = new InProcessPart({ clock: fleet.clock, tamperLatch: () => latched });
  await fleet.provision(original);
});
after(() => fleet.remove());

/** A copy of the part, its latch at rest. */
function fork(): InProcessPart {
  latched = undefined;
  return original.fork();
}

async function tellsOf(part: InProcessPart, cause: TamperCause): Promise<void> {
  assert.equal(part.chip.fault, undefined, part.chip.fault?.message);
  const { objects } = await part.call(commands.list, {});
  assert.equal(
    objects.some(({ object }) => object === 'ldevid-public-key'),
    false,
    'the keys are gone',
  );
  assert.partialDeepStrictEqual(part.chip.summary, { tampered: true, tamperCause: cause });
  const { entries } = await readPartLog(part.host, { segment: 'life-cycle' });
  const told = entries.filter(({ event }) => event === 'tampered');
  assert.partialDeepStrictEqual(told, [{ detail: cause, count: 1 }]);
  const open = { policy: 'fleet', serverName: SERVER_NAME };
  await assert.rejects(part.call(commands.tlsOpen, open), { code: 'KS-C113' });
}

describe('an event while the part has no power', () => {
  for (const cause of tamperCauses) {
    it(`(${cause}) destroys the keys at the next start, is logged, and stays when the latch is forgotten`, async () => {
      const part = fork();
      latched = cause;
      part.powerCycle();
      await tellsOf(part, cause);
      latched = undefined;
      part.powerCycle();
      await tellsOf(part, cause);
    });
  }

  it('is finished by the next start when the power goes at any write of this one', async () => {
    fork();
    latched = 'glitch';
    const whole = original.fork();
    await whole.call(commands.status, {});
    const { writes } = whole;
    assert.equal(writes, 4, 'latch, the older fuses, memory, fuses');
    for (let atWrite = 1; atWrite <= writes; atWrite++) {
      for (const keptBytes of [0, 40, 164, 10_000]) {
        const part = fork();
        latched = 'glitch';
        try {
          part.powerCycle({ atWrite, keptBytes });
          await part.call(commands.status, {});
        } catch (error) {
          assert.equal((error as Error).name, 'PowerFailure');
        }
        const [first, second] = part.fuses.copy();
        if (atWrite > 2) assert.ok(!hasKey(first) && !hasKey(second), 'the keys go before anything is told');
        part.powerCycle();
        await tellsOf(part, 'glitch');
      }
    }
  });

  it('to a part that nobody has made yet is latched all the same', async () => {
    latched = 'pin';
    const part = new InProcessPart({ clock: fleet.clock, tamperLatch: () => latched });
    latched = undefined;
    part.powerCycle();
    assert.partialDeepStrictEqual(part.chip.summary, { tampered: true, tamperCause: 'pin', lifeCycle: 'tampered' });
    const made = part.call(commands.makerBegin, { serial: 'KS-1', model: 'M' });
    await assert.rejects(made, { code: 'KS-C113' });
  });

  it('ends the keys although the memory was taken away, and shows when that is back', async () => {
    const part = fork();
    const memory = part.nvm.copy();
    part.nvm.putBack([undefined, undefined]);
    latched = 'pin';
    part.powerCycle();
    assert.equal(part.chip.fault?.code, 'KS-C131');
    latched = undefined;
    part.nvm.putBack(memory);
    part.powerCycle();
    await tellsOf(part, 'pin');
  });
});

/** Whether a fuse record still holds a wrapping key. */
function hasKey(record: Uint8Array | undefined): boolean {
  return record?.subarray(60, 92).some((byte) => byte !== 0) ?? false;
}

describe('an event while a session is open', () => {
  for (const cause of tamperCauses) {
    it(`(${cause}) ends it at once: its next command finds nothing`, async () => {
      const part = fork();
      await fleet.boot(part.host);
      const { handle } = await part.call(commands.tlsOpen, { policy: 'fleet', serverName: SERVER_NAME });
      const event = part.tamper(cause);
      assert.equal(part.chip.summary.sessionsOpen, 0, 'before anything is awaited');
      await event;
      await assert.rejects(part.call(commands.tlsPull, { handle }), { code: 'KS-C163' });
      await tellsOf(part, cause);
    });
  }
});
