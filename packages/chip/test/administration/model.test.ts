import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { commands } from '@keystile/link';
import { InProcessPart, SERVER_NAME, type TestAdministrator, TestFleet } from '@keystile/testkit';
import fc from 'fast-check';
import { addRoot, connects, prove, type TwoRoots, twoRoots } from '../support/administration.ts';

/**
 * Random walks through administration, against a twin that is so small that it is plainly right: which number was last,
 * whether the new root is there, and what became of the last command.
 */
const RUNS = process.env.KEYSTILE_TEST_FULL === '1' ? 300 : 12;
const WINDOW_S = 3600;
const WINDOW_RESETS = 2;

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

type Step =
  | { readonly kind: 'add' | 'remove' | 'time' | 'force'; readonly ahead: number }
  | { readonly kind: 'prove' | 'commit' | 'cycle' }
  | { readonly kind: 'wait'; readonly minutes: number };

interface Twin {
  last: number;
  hasNew: boolean;
  outcome: 'none' | 'staged' | 'proved' | 'committed' | 'rolled-back';
  staged: 'add' | 'remove' | undefined;
  leftMs: number;
  resetsLeft: number;
}

const numbered = fc.record({
  kind: fc.constantFrom('add' as const, 'remove' as const, 'time' as const, 'force' as const),
  ahead: fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, fc.constantFrom(-3, 0, 2, 64, 65)),
});
const plain = fc.record({
  kind: fc.constantFrom('prove' as const, 'prove' as const, 'commit' as const, 'cycle' as const),
});
const waiting = fc.record({ kind: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 40 }) });
const walks = fc.array(fc.oneof<fc.Arbitrary<Step>[]>(numbered, plain, plain, waiting), {
  minLength: 6,
  maxLength: 14,
});

it('is, after every step of any walk, what the twin says', async () => {
  await fc.assert(fc.asyncProperty(walks, walk), { numRuns: RUNS });
});

async function walk(steps: readonly Step[]): Promise<void> {
  const part = operational.fork();
  const administrator = fleet.administrator();
  await fleet.boot(part.host);
  const twin: Twin = { last: 0, hasNew: false, outcome: 'none', staged: undefined, leftMs: 0, resetsLeft: 0 };
  for (const step of steps) {
    const expected = foresee(twin, step);
    const done = await take(step, part, administrator, twin).then(
      () => true,
      () => false,
    );
    assert.equal(done, expected, JSON.stringify({ step, twin }));
    if (done) follow(twin, step);
    const outcome = await administrator.status(part).then(
      (said) => said.outcome,
      () => 'none',
    );
    assert.equal(outcome, twin.outcome, JSON.stringify({ step, twin }));
  }
  await connects(part, roots.oldServer);
  const isTrusted = await connects(part, roots.newServer).then(
    () => true,
    () => false,
  );
  assert.equal(isTrusted, twin.hasNew);
}

/** Whether the part takes the step. */
function foresee(twin: Twin, step: Step): boolean {
  switch (step.kind) {
    case 'add':
      return isNext(twin, step.ahead) && !twin.hasNew;
    case 'remove':
    case 'force':
      return isNext(twin, step.ahead) && twin.hasNew;
    case 'time':
      return isNext(twin, step.ahead);
    case 'prove':
      // The new root's server proves its addition; once it is to go, the old one's proves that.
      return twin.staged !== undefined;
    case 'commit':
      return twin.outcome === 'proved';
    case 'cycle':
    case 'wait':
      return true;
  }
}

function isNext({ last }: Twin, ahead: number): boolean {
  return ahead >= 1 && ahead <= 64 && last + ahead > 0;
}

async function take(step: Step, part: InProcessPart, administrator: TestAdministrator, twin: Twin): Promise<unknown> {
  /** By the part's own time, which a walk moves. */
  const numberAndExpiry = async (): Promise<{ sequence: number; expiresAtMs: number }> => {
    const { nowMs } = await part.call(commands.status, {});
    return { sequence: Math.max(0, twin.last + ('ahead' in step ? step.ahead : 0)), expiresAtMs: nowMs + 60_000 };
  };
  switch (step.kind) {
    case 'add':
    case 'remove': {
      const operation =
        step.kind === 'add' ? addRoot(roots) : ({ kind: 'remove-root', digest: roots.newDigest } as const);
      const window = { windowPoweredS: WINDOW_S, windowResets: WINDOW_RESETS };
      const changes = { ...(await numberAndExpiry()), serverName: SERVER_NAME, ...window };
      return administrator.execute(part, await administrator.stagedCommand(part, [operation], changes));
    }
    case 'force':
    case 'time': {
      const { nowMs } = await part.call(commands.status, {});
      const time = { kind: 'raise-time-floor', utcMs: nowMs + 1000 } as const;
      const operation = step.kind === 'time' ? time : ({ kind: 'remove-root', digest: roots.newDigest } as const);
      return administrator.execute(part, await administrator.command(part, [operation], await numberAndExpiry()));
    }
    case 'prove':
      return prove(part, twin.staged === 'remove' ? roots.oldServer : roots.newServer);
    case 'commit':
      return administrator.commit(part);
    case 'cycle':
      part.powerCycle();
      return fleet.boot(part.host);
    case 'wait':
      part.clock.pass(step.minutes * 60_000);
      return part.call(commands.status, {});
  }
}

function follow(twin: Twin, step: Step): void {
  switch (step.kind) {
    case 'add':
    case 'remove':
      twin.last += step.ahead;
      Object.assign(twin, { outcome: 'staged', staged: step.kind, leftMs: WINDOW_S * 1000, resetsLeft: WINDOW_RESETS });
      return;
    case 'force':
    case 'time':
      twin.last += step.ahead;
      Object.assign(twin, { outcome: 'committed', staged: undefined });
      if (step.kind === 'force') twin.hasNew = false;
      return;
    case 'prove':
      twin.outcome = 'proved';
      return;
    case 'commit':
      twin.hasNew = twin.staged === 'add';
      Object.assign(twin, { outcome: 'committed', staged: undefined });
      return;
    case 'cycle':
      twin.resetsLeft--;
      break;
    case 'wait':
      twin.leftMs -= step.minutes * 60_000;
  }
  if (twin.staged === undefined || (twin.leftMs > 0 && twin.resetsLeft >= 0)) return;
  Object.assign(twin, { outcome: 'rolled-back', staged: undefined });
}
