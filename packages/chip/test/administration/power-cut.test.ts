import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { AdministratorOperation } from '@keystile/cose';
import { commands, type ObjectName } from '@keystile/link';
import {
  chainForSpare,
  InProcessPart,
  keyDigestOf,
  publicKeyOf,
  SERVER_NAME,
  type TestAdministrator,
  TestFleet,
} from '@keystile/testkit';
import { addRoot, connects, prove, replacePolicies, type TwoRoots, twoRoots } from '../support/administration.ts';

/**
 * The power fails at every write of every step of a change of roots, of keys and of certificates: the part starts again
 * as it was before the step or as it is after it, never in between, and the step can be done again.
 */
let fleet: TestFleet;
let operational: InProcessPart;
let roots: TwoRoots;
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

interface Actors {
  readonly part: InProcessPart;
  readonly administrator: TestAdministrator;
}

interface Step {
  readonly prepare?: (actors: Actors) => Promise<unknown>;
  readonly make: (actors: Actors) => Promise<unknown>;
  /** States on the way, by a word in what is remembered. */
  readonly isBetween?: (remembered: string) => boolean;
}

async function atOnce({ part, administrator }: Actors, operation: AdministratorOperation): Promise<void> {
  await administrator.execute(part, await administrator.command(part, [operation]));
}

async function stage({ part, administrator }: Actors): Promise<void> {
  const changes = { serverName: SERVER_NAME, windowResets: 100 };
  await administrator.execute(part, await administrator.stagedCommand(part, [addRoot(roots)], changes));
}

async function stageAndProve(actors: Actors): Promise<void> {
  await stage(actors);
  await fleet.boot(actors.part.host);
  await prove(actors.part, roots.newServer);
}

async function installed({ part }: Actors): Promise<void> {
  await fleet.boot(part.host);
  await part.call(commands.certInstall, { slot: 'ldevid-spare', chain: await fleet.renewal(part) });
}

const steps: Readonly<Record<string, Step>> = {
  'a command with effect at once': {
    make: (actors) => atOnce(actors, replacePolicies(fleet.policies.slice(0, 1))),
  },
  'a change of the administrator key': {
    make: ({ part, administrator }) => {
      const { next, receipt } = administrator.keys;
      const publicKey = publicKeyOf(next);
      const operation = { kind: 'change-administrator-key', publicKey, nextDigest: keyDigestOf(receipt) } as const;
      return administrator
        .command(part, [operation], { key: next, sequence: 1 })
        .then((command) => administrator.execute(part, command));
    },
  },
  'the end of life': {
    make: (actors) => atOnce(actors, { kind: 'terminate' }),
    isBetween: (remembered) => remembered.includes('"terminated"'),
  },
  'staging a root': { make: stage },
  'its proof': { prepare: stage, make: ({ part }) => bootAndProve(part) },
  'its receipt': { prepare: stageAndProve, make: ({ part, administrator }) => administrator.commit(part) },
  'its roll-back': {
    prepare: stage,
    make: async ({ part }) => {
      part.clock.pass(3_600_000);
      await part.call(commands.status, {});
    },
  },
  'the count of its window': {
    prepare: stage,
    make: async ({ part }) => {
      part.clock.pass(600_000);
      await part.call(commands.status, {});
    },
  },
  'GENERATE of the spare key': {
    prepare: ({ part }) => fleet.boot(part.host),
    make: ({ part }) => part.call(commands.generate, { slot: 'ldevid-spare' }),
  },
  CERT_INSTALL: {
    prepare: async ({ part }) => {
      await fleet.boot(part.host);
      await part.call(commands.generate, { slot: 'ldevid-spare' });
    },
    make: async ({ part }) => {
      const chain = await chainForSpare(part, fleet.renewalRequest);
      await part.call(commands.certInstall, { slot: 'ldevid-spare', chain });
    },
  },
  'the take-over by the renewed certificate': {
    prepare: installed,
    make: ({ part }) => connects(part, roots.oldServer),
  },
};

async function bootAndProve(part: InProcessPart): Promise<void> {
  await fleet.boot(part.host);
  await prove(part, roots.newServer);
}

/** What a part remembers, in so far as two runs of one step must agree. */
async function remembered({ part, administrator }: Actors): Promise<string> {
  const { lifeCycle, timeFloorMs } = await part.call(commands.status, {});
  const { objects } = await part.call(commands.list, {});
  const held = await Promise.all(
    objects.map(async ({ object }) => (isRandom(object) ? object : `${object} ${await digestOfObject(part, object)}`)),
  );
  const last = await administrator.status(part).then(
    ({ outcome, sequence }) => `${outcome} ${sequence > 0}`,
    () => 'none',
  );
  return JSON.stringify({ lifeCycle, timeFloorMs, held, last });
}

/** What comes from a generator, or is signed, is another in each run. */
function isRandom(object: ObjectName): boolean {
  return object.startsWith('ldevid');
}

async function digestOfObject(part: InProcessPart, object: ObjectName): Promise<string> {
  const { bytes } = await part.call(commands.read, { object, offset: 0, lengthMax: 4096 });
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

/** How much of the write that is cut reaches the storage. */
const kept = [0, 160, 100_000];

describe('a power cut at every write', () => {
  for (const [name, step] of Object.entries(steps)) {
    it(`of ${name} leaves the part as it was or as it will be, and the step can be done again`, async () => {
      const start = async (): Promise<Actors> => {
        const actors = { part: operational.fork(), administrator: fleet.administrator() };
        await step.prepare?.(actors);
        return actors;
      };
      const whole = await start();
      const old = await remembered(whole);
      const writesBefore = whole.part.writes;
      await step.make(whole);
      const writes = whole.part.writes - writesBefore;
      assert.ok(writes >= 2, 'a change writes the memory and the fuses');
      const changed = await remembered(whole);
      whole.part.powerCycle();
      assert.equal(await remembered(whole), changed);

      for (let atWrite = 1; atWrite <= writes; atWrite++) {
        for (const keptBytes of kept) {
          const actors = await start();
          actors.part.cutPowerLater({ atWrite, keptBytes });
          await step.make(actors).catch(() => undefined);
          actors.part.powerCycle();
          assert.equal(actors.part.chip.fault, undefined, actors.part.chip.fault?.message);
          const found = await remembered(actors);
          const isKnown = found === old || found === changed || step.isBetween?.(found) === true;
          assert.ok(isKnown, `write ${atWrite}, ${keptBytes} bytes: ${found}\nold ${old}\nnew ${changed}`);
          if (atWrite === 1 && keptBytes === 0) assert.equal(found, old, 'nothing was written');
          if (atWrite === writes && keptBytes === 100_000) assert.equal(found, changed, 'all was written');
        }
      }
    });
  }
});

describe('a part that lost its power in the middle', () => {
  it('of its termination has destroyed its keys once it runs again', async () => {
    for (let atWrite = 3; atWrite <= 4; atWrite++) {
      const actors = { part: operational.fork(), administrator: fleet.administrator() };
      actors.part.cutPowerLater({ atWrite, keptBytes: 0 });
      await assert.rejects(atOnce(actors, { kind: 'terminate' }));
      actors.part.powerCycle();
      const { objects } = await actors.part.call(commands.list, {});
      assert.ok(!objects.some(({ object }) => object === 'ldevid-public-key'));
    }
  });

  it('of a change of roots works on with the old ones, and the change can still be proved and committed', async () => {
    const actors = { part: operational.fork(), administrator: fleet.administrator() };
    const { part, administrator } = actors;
    await stage(actors);
    part.powerCycle();
    await fleet.boot(part.host);
    await connects(part, roots.oldServer);
    await prove(part, roots.newServer);
    part.powerCycle();
    assert.equal((await administrator.status(part)).outcome, 'proved');
    await administrator.commit(part);
    await fleet.boot(part.host);
    await connects(part, roots.newServer);
  });

  it('of a renewal has either certificate, with its key', async () => {
    for (let atWrite = 1; atWrite <= 2; atWrite++) {
      const part = operational.fork();
      await installed({ part, administrator: fleet.administrator() });
      part.cutPowerLater({ atWrite, keptBytes: 100_000 });
      await connects(part, roots.oldServer).catch(() => undefined);
      part.powerCycle();
      await fleet.boot(part.host);
      await connects(part, roots.oldServer);
    }
  });
});
