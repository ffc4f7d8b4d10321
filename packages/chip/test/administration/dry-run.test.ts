import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { AdministratorOperation } from '@keystile/cose';
import { commands } from '@keystile/link';
import { InProcessPart, type TestAdministrator, TestFleet } from '@keystile/testkit';
import { replacePolicies } from '../support/administration.ts';

const DAY_MS = 86_400_000;

let fleet: TestFleet;
let operational: InProcessPart;
let part: InProcessPart;
let administrator: TestAdministrator;
before(async () => {
  fleet = await TestFleet.create();
  operational = new InProcessPart({ clock: fleet.clock });
  await fleet.provision(operational);
});
after(() => fleet.remove());
beforeEach(() => {
  part = operational.fork();
  administrator = fleet.administrator();
});

/** Something harmless that takes effect at once. */
function laterTime(): AdministratorOperation {
  return { kind: 'raise-time-floor', utcMs: fleet.clock.ms + 500 * DAY_MS };
}

describe('a dry run', () => {
  it('says what would change and changes nothing, not one byte of the memory', async () => {
    const [policy] = fleet.policies;
    assert.ok(policy !== undefined);
    const operations = [replacePolicies([{ ...policy, serverNames: ['other.test'] }]), laterTime()];
    const command = await administrator.command(part, operations);
    const nvm = part.nvm.copy();
    const fuses = part.fuses.copy();
    const said = await part.call(commands.dryRun, { command });
    assert.deepEqual(part.nvm.copy(), nvm);
    assert.deepEqual(part.fuses.copy(), fuses);
    assert.equal(said.effect, 'at-once');
    assert.equal(said.changes.length, 2);
    assert.match(said.changes[0] ?? '', /^replaces the policies by fleet \(other\.test\)$/);
    assert.match(said.changes[1] ?? '', /^raises the time floor to 20\d\d-/);
    await assert.rejects(part.call(commands.adminStatus, {}), { code: 'KS-C211' });
    const response = await administrator.execute(part, command);
    assert.deepEqual(response.policiesDigest, said.policiesDigest.slice());
    assert.deepEqual(response.anchorsDigest, said.anchorsDigest.slice());
    assert.deepEqual(response.administratorKeysDigest, said.administratorKeysDigest.slice());
    assert.equal((await part.call(commands.status, {})).timeFloorMs, said.timeFloorMs);
  });

  it('finds room for a sentence about as many servers as a command may name', async () => {
    const [policy] = fleet.policies;
    assert.ok(policy !== undefined);
    const serverNames = Array.from({ length: 16 }, (_, i) => `${'a'.repeat(60)}.${'b'.repeat(60)}.test${i}x`);
    const command = await administrator.command(part, [replacePolicies([{ ...policy, serverNames }])]);
    const { changes } = await part.call(commands.dryRun, { command });
    assert.match(changes[0] ?? '', /^replaces the policies by fleet .*…$/);
  });
});
