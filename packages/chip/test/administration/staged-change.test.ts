import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type AdministrationResponse, commitReceipt } from '@keystile/cose';
import { anchorsFields, commands, decodeField, policiesFields } from '@keystile/link';
import {
  echoServer,
  es256Signer,
  InProcessPart,
  SERVER_NAME,
  strangerRoot,
  type TestAdministrator,
  TestFleet,
} from '@keystile/testkit';
import {
  addRoot,
  connects,
  prove,
  replacePolicies,
  sha256,
  type TwoRoots,
  twoRoots,
} from '../support/administration.ts';
import { HandDrivenSession } from '../support/hand-driven-session.ts';
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
  const [policy, recovery] = fleet.policies;
  assert.ok(policy !== undefined && recovery !== undefined);
  await fleet.provision(operational, [
    policy,
    recovery,
    { ...policy, name: 'resuming', resumption: true, revocationRule: 'none', revocationAgeHoursMax: 0 },
  ]);
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

/** The part trusts both roots, in both policies. */
async function addWhole(): Promise<void> {
  await stage(addRoot(roots));
  await prove(part, roots.newServer);
  await administrator.commit(part);
}

async function rootsHeld(): Promise<number> {
  return decodeField(anchorsFields, await readWhole(part, 'anchors')).length;
}

async function outcome(): Promise<string> {
  return (await administrator.status(part)).outcome;
}

describe('a root that is added', () => {
  it('serves nothing while it is staged but the connection that proves it, and everything once it is committed', async () => {
    const { newServer, oldServer, newDigest } = roots;
    const before = await administrator.execute(
      part,
      await administrator.stagedCommand(part, [addRoot(roots)], { serverName: SERVER_NAME }),
    );
    assert.equal(before.outcome, 'staged');
    assert.equal(await rootsHeld(), 1);
    await assert.rejects(connects(part, newServer), /KS-P101/);
    await connects(part, oldServer);
    await prove(part, newServer);
    await assert.rejects(connects(part, newServer), /KS-P101/, 'proved is not committed');
    const proved = await administrator.status(part);
    assert.equal(proved.outcome, 'proved');
    assert.deepEqual(proved.proof[0]?.anchorDigest, newDigest);
    assert.equal(proved.proof[0]?.serverName, SERVER_NAME);
    const after = await administrator.commit(part);
    assert.equal(after.outcome, 'committed');
    assert.notDeepEqual(after.anchorsDigest, proved.anchorsDigest);
    await connects(part, newServer);
    await connects(part, oldServer);
    part.powerCycle();
    await fleet.boot(part.host);
    await connects(part, newServer);
  });

  it('is trusted by the policies that the command names, and by no other', async () => {
    await stage(addRoot(roots, ['fleet']));
    const other = { policy: 'resuming', serverName: SERVER_NAME, isProof: true };
    await assert.rejects(HandDrivenSession.connect(part, roots.newServer.port, other), /KS-P101/);
    await prove(part, roots.newServer);
    await administrator.commit(part);
    const policies = decodeField(policiesFields, await readWhole(part, 'policies'));
    assert.deepEqual(
      policies.map(({ name, anchorDigests }) => [name, anchorDigests.length]),
      [
        ['fleet', 2],
        ['recovery', 1],
        ['resuming', 1],
      ],
    );
  });

  it('is refused when the part has it, knows no such policy, or is full', async () => {
    const { der: certificate } = fleet.fleet.authorities.root;
    const known = { kind: 'add-root', certificate, purposes: ['server'], policies: ['fleet'] } as const;
    const wrong = [
      known,
      addRoot(roots, ['none']),
      { ...known, certificate: Uint8Array.of(1) },
      { ...known, certificate: roots.newRoot.der, purposes: [] },
    ];
    for (const each of wrong) await assert.rejects(stage(each), { code: 'KS-C208' });
  });

  it('may be told to a whole fleet, or to a model of it', async () => {
    for (const target of ['home', 'home/KS-AC-1']) {
      await stage(addRoot(roots), { targetKind: 'group', target, nonce: new Uint8Array(0) });
      assert.equal(await outcome(), 'staged');
    }
  });
});

describe('a root that is removed', () => {
  beforeEach(addWhole);

  it('goes once the part has proved that one which stays will do; its sessions end', async () => {
    const { oldServer, newServer, oldDigest } = roots;
    await assert.rejects(stage({ kind: 'remove-root', digest: oldDigest }), { code: 'KS-C209' }, 'of one policy');
    const policies = decodeField(policiesFields, await readWhole(part, 'policies')).filter(
      ({ name }) => name !== 'resuming',
    );
    await administrator.execute(part, await administrator.command(part, [replacePolicies(policies)]));
    await stage({ kind: 'remove-root', digest: oldDigest });
    await assert.rejects(prove(part, oldServer), /KS-P101/, 'it cannot prove itself away');
    const live = await HandDrivenSession.connect(part, oldServer.port);
    await prove(part, newServer);
    await administrator.commit(part);
    await assert.rejects(live.write('line'), { code: 'KS-C163' });
    assert.equal(await rootsHeld(), 1);
    await assert.rejects(connects(part, oldServer), /KS-P101/);
    await connects(part, newServer);
  });

  it('goes at once by force, without any proof', async () => {
    const { newDigest, newServer, oldServer } = roots;
    const live = await HandDrivenSession.connect(part, newServer.port);
    const command = await administrator.command(part, [{ kind: 'remove-root', digest: newDigest }]);
    assert.equal((await administrator.execute(part, command)).outcome, 'committed');
    await assert.rejects(live.write('line'), { code: 'KS-C163' });
    await assert.rejects(connects(part, newServer), /KS-P101/);
    await connects(part, oldServer);
  });
});

describe('policies that are replaced', () => {
  it('are proved by a connection under the new ones', async () => {
    const [policy] = fleet.policies;
    assert.ok(policy !== undefined);
    await stage(replacePolicies([{ ...policy, name: 'renamed' }]));
    await assert.rejects(prove(part, roots.oldServer), { code: 'KS-C160' });
    await connects(part, roots.oldServer);
    const dial = { policy: 'renamed', isProof: true };
    await (await HandDrivenSession.connect(part, roots.oldServer.port, dial)).close();
    assert.equal((await administrator.commit(part)).outcome, 'committed');
    await assert.rejects(connects(part, roots.oldServer), { code: 'KS-C160' });
  });
});

describe('a proof', () => {
  it('is a connection that was opened as one, to a server that the command names, with a client certificate', async () => {
    await assert.rejects(prove(part, roots.newServer), { code: 'KS-C211' });
    await stage(addRoot(roots));
    await assert.rejects(prove(part, roots.newServer, 'localhost'), { code: 'KS-C212', detail: /names broker\.test/ });
    const anonymous = { policy: 'recovery', isProof: true };
    await assert.rejects(HandDrivenSession.connect(part, roots.newServer.port, anonymous), { code: 'KS-C212' });
    await connects(part, roots.oldServer);
    assert.equal(await outcome(), 'staged', 'an ordinary connection proves nothing');
    await assert.rejects(prove(part, roots.oldServer), /KS-P101/, 'a path to another root proves nothing');
    const lax = await echoServer({ ...(await fleet.server()), requestCert: false });
    await assert.rejects(prove(part, lax), /KS-/);
    await lax.close();
    assert.equal(await outcome(), 'staged');
  });

  it('is a full handshake, also where the policy permits resumption and the part has a ticket', async () => {
    const ticketing = { ticketKeys: randomBytes(48), sessionIdContext: 'fleet' };
    const server = await echoServer({ ...(await fleet.server()), ...fleet.demandsDevice, ...ticketing });
    const policies = decodeField(policiesFields, await readWhole(part, 'policies'));
    await stage(replacePolicies(policies));
    const resume = async (isProof: boolean): Promise<boolean | undefined> => {
      const accepted = server.nextSocket();
      const session = await HandDrivenSession.connect(part, server.port, { policy: 'resuming', isProof });
      if (!isProof) {
        await session.write('line');
        await session.receives('line');
      }
      const socket = await accepted;
      await session.close();
      return socket.isSessionReused();
    };
    assert.equal(await resume(false), false);
    assert.equal(await resume(false), true, 'the control: this server and this part do resume');
    assert.equal(await resume(true), false);
    assert.equal(await outcome(), 'proved');
    await server.close();
  });

  it('carries no data, and does not count as a boot that works', async () => {
    await stage(addRoot(roots));
    const session = await HandDrivenSession.connect(part, roots.newServer.port, { isProof: true });
    await assert.rejects(session.write('line'), { code: 'KS-C215' });
    await assert.rejects(part.call(commands.tlsRead, { handle: session.handle, lengthMax: 9 }), { code: 'KS-C215' });
    await assert.rejects(part.call(commands.bootCommit, {}), { code: 'KS-C122' });
    await session.close();
  });

  it('does not move the time of the part, whatever the new root dates ahead', async () => {
    const { root, serverCa } = await strangerRoot(fleet.clock.ms);
    const ahead = { fromMs: fleet.clock.ms + 2 * HOUR_S * 1000, untilMs: fleet.clock.ms + 20 * HOUR_S * 1000 };
    const newServer = await echoServer({
      ...(await fleet.server({ ...ahead, issuer: serverCa })),
      ...fleet.demandsDevice,
    });
    const oldServer = await echoServer({ ...(await fleet.server(ahead)), ...fleet.demandsDevice });
    const floor = async (): Promise<number> => (await part.call(commands.status, {})).timeFloorMs;
    const before = await floor();
    await stage({ kind: 'add-root', certificate: root.der, purposes: ['server'], policies: ['fleet'] });
    await prove(part, newServer);
    assert.equal(await outcome(), 'proved');
    assert.equal(await floor(), before);
    await connects(part, oldServer);
    assert.ok((await floor()) > before, 'the control: a root that the part trusts does move it');
    await Promise.all([newServer.close(), oldServer.close()]);
  });

  it('may have the session that applications leave alone', async () => {
    await stage(addRoot(roots));
    const open = { policy: 'fleet', serverName: SERVER_NAME };
    for (let i = 0; i < 3; i++) await part.call(commands.tlsOpen, open);
    await assert.rejects(part.call(commands.tlsOpen, open), { code: 'KS-C167' });
    await prove(part, roots.newServer);
    assert.equal(await outcome(), 'proved');
  });

  it('belongs to the change that was staged when it was opened', async () => {
    await stage(addRoot(roots));
    const policies = decodeField(policiesFields, await readWhole(part, 'policies'));
    const meanwhile = (): Promise<unknown> => stage(replacePolicies(policies));
    await (await HandDrivenSession.connect(part, roots.newServer.port, { isProof: true, meanwhile })).close();
    assert.equal(await outcome(), 'staged');
    await prove(part, roots.oldServer);
    assert.equal(await outcome(), 'proved');
  });
});

describe('a commit receipt', () => {
  it('does not come before the proof, is by the receipt key, and over this command, proof and part', async () => {
    const receive = (receipt: Uint8Array): Promise<unknown> => part.call(commands.adminReceipt, { receipt });
    const staged = await stage(addRoot(roots));
    await assert.rejects(receive(await administrator.receipt(staged)), { code: 'KS-C213' });
    await prove(part, roots.newServer);
    const proved = await administrator.status(part);
    const { current, receipt: key } = administrator.keys;
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    for (const wrong of [current, stranger]) {
      await assert.rejects(receive(await administrator.receipt(proved, wrong)), { code: 'KS-C214', detail: /KS-S102/ });
    }
    const over = (changes: Partial<Parameters<typeof commitReceipt.sign>[0]>): Promise<Uint8Array> => {
      const { serial, commandDigest } = proved;
      return commitReceipt.sign(
        { serial, commandDigest, proofDigest: sha256(commandDigest), ...changes },
        es256Signer(key),
      );
    };
    await assert.rejects(receive(await over({})), { code: 'KS-C214', detail: /another proof/ });
    await assert.rejects(receive(await over({ serial: 'KS-9' })), { code: 'KS-C214', detail: /for part KS-9/ });
    const otherCommand = await over({ commandDigest: new Uint8Array(32) });
    await assert.rejects(receive(otherCommand), { code: 'KS-C214', detail: /another command/ });
    await assert.rejects(receive(await administrator.receipt(staged)), { code: 'KS-C214' }, 'of before the proof');
    assert.equal(await outcome(), 'proved');
    const right = await administrator.receipt(proved);
    await receive(right);
    await assert.rejects(receive(right), { code: 'KS-C211' }, 'it serves once');
  });

  it('is over the first proof: a second handshake does not make it void', async () => {
    await stage(addRoot(roots));
    await prove(part, roots.newServer);
    const receipt = await administrator.receipt(await administrator.status(part));
    await prove(part, roots.newServer);
    await part.call(commands.adminReceipt, { receipt });
    assert.equal(await outcome(), 'committed');
  });
});

describe('every event of administration', () => {
  it('ends what could be resumed', async () => {
    const ticketing = { ticketKeys: randomBytes(48), sessionIdContext: 'fleet' };
    const server = await echoServer({ ...(await fleet.server()), ...fleet.demandsDevice, ...ticketing });
    const isResumed = async (): Promise<boolean> => {
      const accepted = server.nextSocket();
      const session = await HandDrivenSession.connect(part, server.port, { policy: 'resuming' });
      await session.write('line');
      await session.receives('line');
      await session.close();
      return (await accepted).isSessionReused();
    };
    await isResumed();
    const events: Readonly<Record<string, () => Promise<unknown>>> = {
      staged: () => stage(addRoot(roots)),
      proved: () => prove(part, roots.newServer),
      committed: () => administrator.commit(part),
      'staged again': () => stage({ kind: 'remove-root', digest: roots.newDigest }),
      'rolled back': async () => part.clock.pass(HOUR_S * 1000),
    };
    for (const [what, happen] of Object.entries(events)) {
      assert.equal(await isResumed(), true, `before it was ${what}`);
      await happen();
      assert.equal(await isResumed(), false, `after it was ${what}`);
    }
    await server.close();
  });
});
