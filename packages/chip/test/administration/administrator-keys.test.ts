import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type AdministratorOperation, administratorCommand, peekStatement } from '@keystile/cose';
import { administratorKeysFields, commands, decodeField } from '@keystile/link';
import {
  es256Signer,
  InProcessPart,
  keyDigestOf,
  publicKeyOf,
  SERVER_NAME,
  TestAdministrator,
  TestFleet,
} from '@keystile/testkit';
import { addRoot, prove, type TwoRoots, twoRoots } from '../support/administration.ts';
import { readWhole } from '../support/stages.ts';

const REFILL_MS = 225_000;

let fleet: TestFleet;
let operational: InProcessPart;
let part: InProcessPart;
let owner: TestAdministrator;
/** Somebody who holds the current key, and neither the next one nor the receipt key. */
let thief: TestAdministrator;
let successor: KeyObject;
before(async () => {
  fleet = await TestFleet.create();
  operational = new InProcessPart({ clock: fleet.clock });
  await fleet.provision(operational);
});
after(() => fleet.remove());
beforeEach(() => {
  part = operational.fork();
  owner = fleet.administrator();
  successor = newKey();
  const { current } = owner.keys;
  thief = new TestAdministrator({ current, next: newKey(), receipt: current }, fleet.clock);
});

function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

function changeTo(revealed: KeyObject, next: KeyObject): AdministratorOperation {
  return { kind: 'change-administrator-key', publicKey: publicKeyOf(revealed), nextDigest: keyDigestOf(next) };
}

/** By the next key, as the ceremony has it. */
async function rotate(): Promise<TestAdministrator> {
  const { next, receipt } = owner.keys;
  const command = await owner.command(part, [changeTo(next, successor)], { key: next, sequence: 1 });
  assert.equal((await owner.execute(part, command)).outcome, 'committed');
  return new TestAdministrator({ current: next, next: successor, receipt }, fleet.clock);
}

function laterTime(seconds = 1): AdministratorOperation {
  return { kind: 'raise-time-floor', utcMs: fleet.clock.ms + seconds * 1000 };
}

async function keysHeld(): Promise<Uint8Array> {
  return readWhole(part, 'administrator-keys');
}

describe("the administrator's key", () => {
  it('is changed by the next key, which reveals itself and commits to its successor', async () => {
    const changed = await rotate();
    const [held] = decodeField(administratorKeysFields, await keysHeld());
    assert.deepEqual(held?.publicKey, publicKeyOf(owner.keys.next));
    assert.deepEqual(held?.nextDigest, keyDigestOf(successor));
    part.powerCycle();
    const command = await changed.command(part, [laterTime()], { sequence: 2 });
    assert.equal((await changed.execute(part, command)).sequence, 2);
    await assert.rejects(part.call(commands.adminExecute, { command: await owner.command(part, [laterTime(2)]) }), {
      code: 'KS-C201',
    });
  });

  it('is changed again and again, each time by the successor that the last one committed to', async () => {
    for (let turn = 0; turn < 4; turn++) {
      owner = await rotate();
      successor = newKey();
    }
    assert.deepEqual(
      decodeField(administratorKeysFields, await keysHeld())[0]?.publicKey,
      publicKeyOf(owner.keys.current),
    );
  });

  it('counts its own commands: the next key begins at one, wherever a thief has run to', async () => {
    for (let sequence = 64; sequence <= 640; sequence += 64) {
      // The budget of a host for such commands grows with powered time.
      part.clock.pass(REFILL_MS);
      await thief.execute(part, await thief.command(part, [laterTime(sequence * 4)], { sequence }));
    }
    await rotate();
  });

  it('is changed by a command with a nonce of the part, and alone', async () => {
    const { next: key } = owner.keys;
    const refuse = async (
      operations: readonly AdministratorOperation[],
      changes: Parameters<TestAdministrator['command']>[2],
      code: string,
    ): Promise<void> => {
      const command = await owner.command(part, operations, { key, ...changes });
      await assert.rejects(part.call(commands.adminExecute, { command }), { code });
    };
    const change = changeTo(key, successor);
    await refuse([change], { nonce: new Uint8Array(0) }, 'KS-C206');
    await refuse([change, laterTime()], {}, 'KS-C210');
    await refuse([change, change], {}, 'KS-C207');
    await refuse([change], { sequence: 65 }, 'KS-C203');
    await refuse([changeTo(key, key)], {}, 'KS-C208');
    await refuse([changeTo(key, owner.keys.current)], {}, 'KS-C208');
  });
});

describe('a thief of the current key', () => {
  const refused = async (operation: AdministratorOperation, changes = {}, code = 'KS-C210'): Promise<void> => {
    const before = await keysHeld();
    const command = await thief.command(part, [operation], changes);
    await assert.rejects(part.call(commands.adminExecute, { command }), { code });
    assert.deepEqual(await keysHeld(), before);
  };

  it('cannot rotate to a key of his own', async () => {
    await refused(changeTo(newKey(), newKey()));
    await refused(changeTo(thief.keys.next, newKey()), { key: thief.keys.next }, 'KS-C201');
  });

  it('cannot commit the part anew, to a successor of his own', async () => {
    await refused(changeTo(thief.keys.current, thief.keys.next));
  });

  it("cannot jump ahead: to the key after the next, or over the number of the owner's command", async () => {
    await refused(changeTo(successor, newKey()), { key: successor }, 'KS-C201');
    await refused(laterTime(), { sequence: 65 }, 'KS-C203');
  });

  it("cannot reveal the next key in the owner's place, though he has seen it", async () => {
    const revealed = changeTo(owner.keys.next, thief.keys.next);
    await refused(revealed);
    // Signed by his key, under the name of the next one.
    const stated = administratorCommand.decode(peekStatement(await thief.command(part, [revealed])).payload);
    const { current } = thief.keys;
    const command = await administratorCommand.sign(stated, es256Signer(current), keyDigestOf(owner.keys.next));
    await assert.rejects(part.call(commands.adminExecute, { command }), { code: 'KS-C200' });
  });

  it("cannot use the next key's signature for anything but the change that it was made for", async () => {
    const command = await owner.command(part, [laterTime()], { key: owner.keys.next, sequence: 1 });
    await assert.rejects(part.call(commands.adminExecute, { command }), { code: 'KS-C201', detail: /does not reveal/ });
  });

  it('cannot commit what he has staged without the authority, and loses it with the key', async (context) => {
    const roots: TwoRoots = await twoRoots(fleet);
    context.after(() => roots.close());
    await fleet.boot(part.host);
    const staged = await thief.stagedCommand(part, [addRoot(roots)], { serverName: SERVER_NAME });
    await thief.execute(part, staged);
    await prove(part, roots.newServer);
    await assert.rejects(thief.commit(part), { code: 'KS-C214' });
    await rotate();
    await assert.rejects(prove(part, roots.newServer), { code: 'KS-C211' });
    await assert.rejects(thief.commit(part), { code: 'KS-C211' });
  });
});
