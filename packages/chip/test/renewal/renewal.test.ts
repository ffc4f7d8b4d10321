import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type AnchorPurpose, chainFields, commands, decodeField } from '@keystile/link';
import {
  chainForSpare,
  type EchoServer,
  echoServer,
  InProcessPart,
  SERVER_NAME,
  strangerAuthority,
  type TestAdministrator,
  TestFleet,
} from '@keystile/testkit';
import { connects, prove, type TwoRoots, twoRoots } from '../support/administration.ts';
import { HandDrivenSession } from '../support/hand-driven-session.ts';
import { keysInMemory } from '../support/keys-in-memory.ts';
import { readWhole } from '../support/stages.ts';

const DAY_MS = 86_400_000;
const slot = 'ldevid-spare';

let fleet: TestFleet;
let operational: InProcessPart;
let part: InProcessPart;
let server: EchoServer;
before(async () => {
  fleet = await TestFleet.create();
  operational = new InProcessPart({ clock: fleet.clock });
  await fleet.provision(operational);
  server = await echoServer({ ...(await fleet.server()), ...fleet.demandsDevice });
});
after(async () => {
  await server.close();
  fleet.remove();
});
beforeEach(async () => {
  part = operational.fork();
  await fleet.boot(part.host);
});

async function leafOf(object: 'ldevid-chain' | 'ldevid-spare-chain'): Promise<X509Certificate> {
  const [leaf] = decodeField(chainFields, await readWhole(part, object));
  assert.ok(leaf !== undefined);
  return new X509Certificate(leaf);
}

async function serialShown(): Promise<string> {
  const accepted = server.nextSocket();
  await connects(part, server);
  return (await accepted).getPeerX509Certificate()?.serialNumber ?? '';
}

async function holds(object: string): Promise<boolean> {
  return (await part.call(commands.list, {})).objects.some((each) => each.object === object);
}

/** The administrator adds the other root, whole. */
async function trustRoot(
  roots: TwoRoots,
  purposes: readonly AnchorPurpose[],
  administrator: TestAdministrator = fleet.administrator(),
): Promise<TestAdministrator> {
  const operation = { kind: 'add-root', certificate: roots.newRoot.der, purposes, policies: ['fleet'] } as const;
  const command = await administrator.stagedCommand(part, [operation], { serverName: SERVER_NAME });
  await administrator.execute(part, command);
  await prove(part, roots.newServer);
  await administrator.commit(part);
  return administrator;
}

describe('a renewal', () => {
  it('leaves the old certificate until the new one has completed a handshake, and then destroys the old key', async () => {
    const old = await leafOf('ldevid-chain');
    const chain = await fleet.renewal(part);
    await part.call(commands.certInstall, { slot, chain });
    const renewed = await leafOf('ldevid-spare-chain');
    assert.equal(renewed.subjectAltName, old.subjectAltName);
    assert.notEqual(renewed.serialNumber, old.serialNumber);
    assert.equal((await leafOf('ldevid-chain')).serialNumber, old.serialNumber);
    assert.equal(await serialShown(), renewed.serialNumber);
    assert.equal((await leafOf('ldevid-chain')).serialNumber, renewed.serialNumber);
    assert.equal(await holds('ldevid-spare-chain'), false);
    assert.equal(await holds('ldevid-spare-public-key'), false);
    const kept = ['attestation', 'idevid', 'ldevid'];
    assert.deepEqual(keysInMemory(part), [kept, kept], 'the old key is in neither generation');
    part.powerCycle();
    await fleet.boot(part.host);
    assert.equal(await serialShown(), renewed.serialNumber);
  });

  it('can be done again and again, and the two slots take turns', async () => {
    const serials = new Set<string>();
    for (let turn = 0; turn < 4; turn++) {
      await part.call(commands.certInstall, { slot, chain: await fleet.renewal(part) });
      serials.add(await serialShown());
      if (turn === 1) {
        part.powerCycle();
        await fleet.boot(part.host);
      }
    }
    assert.equal(serials.size, 4);
  });

  it('goes on with the old certificate where a server does not take the new one, and tries again', async () => {
    const old = await leafOf('ldevid-chain');
    await part.call(commands.certInstall, { slot, chain: await fleet.renewal(part) });
    const renewed = await leafOf('ldevid-spare-chain');
    const strict = await echoServer({
      ...(await fleet.server()),
      ...fleet.demandsDevice,
      // OpenSSL itself would take both: this one looks at the serial number after its handshake.
      echoes: false,
    });
    const shown: string[] = [];
    for (let attempt = 0; attempt < 4; attempt++) {
      const accepted = strict.nextSocket();
      const session = await HandDrivenSession.connect(part, strict.port);
      const socket = await accepted;
      shown.push(socket.getPeerX509Certificate()?.serialNumber ?? '');
      // The handshake is done here, and nothing of the server was read yet: it has accepted nobody.
      socket.destroy();
      await session.close();
    }
    await strict.close();
    assert.deepEqual(
      shown,
      [renewed, old, renewed, old].map(({ serialNumber }) => serialNumber),
    );
    assert.equal(await serialShown(), renewed.serialNumber);
    assert.equal(await holds('ldevid-spare-chain'), false);
  });

  it('that a server refuses, since it does not know the issuer yet, costs one attempt in two', async (context) => {
    const roots = await twoRoots(fleet);
    context.after(() => roots.close());
    const old = await leafOf('ldevid-chain');
    await trustRoot(roots, ['server', 'client-issuer']);
    const chain = await fleet.renewal(part, { issuer: roots.newCa });
    await part.call(commands.certInstall, { slot, chain });
    for (let attempt = 0; attempt < 2; attempt++) {
      await assert.rejects(connects(part, server));
      assert.equal(await serialShown(), old.serialNumber);
    }
    assert.equal(await holds('ldevid-spare-chain'), true);
  });

  it('that was begun anew while the first was being tried does not put the first in the place of the second', async () => {
    await part.call(commands.certInstall, { slot, chain: await fleet.renewal(part) });
    const meanwhile = async (): Promise<void> => {
      await part.call(commands.certInstall, { slot, chain: await chainForSpare(part, fleet.renewalRequest) });
    };
    const second = await HandDrivenSession.connect(part, server.port, { meanwhile });
    await second.write('line');
    await second.receives('line');
    await second.close();
    assert.equal(await holds('ldevid-spare-chain'), true, 'it waits for its own handshake');
    const renewed = await leafOf('ldevid-spare-chain');
    assert.equal(await serialShown(), renewed.serialNumber);
  });
});

describe('GENERATE of an operational part', () => {
  it('makes a key in the spare slot alone, needs a verified boot, and forgets a certificate of the key before', async () => {
    for (const fixed of ['idevid', 'ldevid'] as const) {
      await assert.rejects(part.call(commands.generate, { slot: fixed }), { code: 'KS-C144' });
    }
    await part.call(commands.certInstall, { slot, chain: await fleet.renewal(part) });
    await part.call(commands.generate, { slot });
    assert.equal(await holds('ldevid-spare-chain'), false);
    await connects(part, server);
    await assert.rejects(operational.fork().call(commands.generate, { slot }), { code: 'KS-C112' });
    const blank = new InProcessPart({ clock: fleet.clock });
    await fleet.make(blank);
    await assert.rejects(blank.call(commands.generate, { slot }), { code: 'KS-C144' });
  });

  it('is for ever over after a tamper event, also in the middle of a renewal', async () => {
    await part.call(commands.certInstall, { slot, chain: await fleet.renewal(part) });
    await part.tamper();
    await assert.rejects(part.call(commands.generate, { slot }), { code: 'KS-C113' });
    assert.equal(await holds('ldevid-spare-public-key'), false);
    assert.equal(await holds('ldevid-public-key'), false);
  });
});

describe('CERT_INSTALL', () => {
  const install = (chain: readonly Uint8Array[], at: 'idevid' | 'ldevid' | 'ldevid-spare' = slot): Promise<unknown> =>
    part.call(commands.certInstall, { slot: at, chain });

  it('takes a certificate for the spare slot alone, and none before there is a key', async () => {
    await assert.rejects(install([], 'idevid'), { code: 'KS-C220' });
    await assert.rejects(install([], 'ldevid'), { code: 'KS-C220' });
    await assert.rejects(install([]), { code: 'KS-C146' });
  });

  it('refuses another key than that of the slot, however well it was certified', async () => {
    await fleet.renewal(part);
    await assert.rejects(install(decodeField(chainFields, await readWhole(part, 'ldevid-chain'))), { code: 'KS-C145' });
    const other = operational.fork();
    await fleet.boot(other.host);
    await assert.rejects(install(await fleet.renewal(other)), { code: 'KS-C145' });
  });

  it('refuses what no client issuer of the part has issued', async () => {
    const stranger = await strangerAuthority(fleet.clock.ms);
    const wrong = {
      'a stranger': await fleet.renewal(part, { issuer: stranger }),
      'the maker CA': await chainForSpare(part, {
        ...fleet.renewalRequest,
        issuer: fleet.fleet.authorities['maker-ca'],
      }),
      'the right CA, expired': await chainForSpare(part, {
        ...fleet.renewalRequest,
        fromMs: fleet.clock.ms - 30 * DAY_MS,
        untilMs: fleet.clock.ms - DAY_MS,
      }),
      'the right CA, dated ahead by more than a certificate may': await chainForSpare(part, {
        ...fleet.renewalRequest,
        fromMs: fleet.clock.ms + 100 * DAY_MS,
        untilMs: fleet.clock.ms + 130 * DAY_MS,
      }),
      'nobody that can be found': (await chainForSpare(part, fleet.renewalRequest)).slice(0, 1),
      nobody: [Uint8Array.of(1, 2, 3)],
    };
    for (const [by, chain] of Object.entries(wrong)) await assert.rejects(install(chain), { code: 'KS-C221' }, by);
    await assert.rejects(install([]), { code: 'KS-C143' });
    await install(await chainForSpare(part, fleet.renewalRequest));
  });

  it('does not take a root that only vouches for servers as an issuer, and takes one that may issue', async (context) => {
    const roots = await twoRoots(fleet);
    context.after(() => roots.close());
    const administrator = await trustRoot(roots, ['server']);
    const chain = await fleet.renewal(part, { issuer: roots.newCa });
    await assert.rejects(install(chain), { code: 'KS-C221' });
    const remove = { kind: 'remove-root', digest: roots.newDigest } as const;
    await administrator.execute(part, await administrator.command(part, [remove]));
    await trustRoot(roots, ['server', 'client-issuer'], administrator);
    await install(chain);
  });

  it('takes a certificate that is dated ahead a little, and does not believe its date', async () => {
    const fromMs = fleet.clock.ms + 10 * DAY_MS;
    const { timeFloorMs } = await part.call(commands.status, {});
    await install(await fleet.renewal(part, { fromMs, untilMs: fromMs + DAY_MS }));
    assert.equal((await part.call(commands.status, {})).timeFloorMs, timeFloorMs);
  });

  it('writes nothing when it is told the same again', async () => {
    const chain = await fleet.renewal(part);
    await install(chain);
    const { nvmGeneration } = await part.call(commands.status, {});
    await install(chain);
    assert.equal((await part.call(commands.status, {})).nvmGeneration, nvmGeneration);
  });
});
