import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import {
  type AdministratorOperation,
  administratorCommand,
  encodeProtectedHeader,
  peekStatement,
  sigStructure,
  timeToken,
} from '@keystile/cose';
import { commands, encodeField, policiesFields } from '@keystile/link';
import { es256Signer, InProcessPart, keyDigestOf, type TestAdministrator, TestFleet } from '@keystile/testkit';
import { replacePolicies, sha256 } from '../support/administration.ts';
import { keysInMemory } from '../support/keys-in-memory.ts';
import { readWhole } from '../support/stages.ts';

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

const x25519 = new Uint8Array(generateKeyPairSync('x25519').publicKey.export({ format: 'der', type: 'spki' }));

/** Something harmless that takes effect at once. */
function laterTime(): AdministratorOperation {
  return { kind: 'raise-time-floor', utcMs: fleet.clock.ms + 500 * DAY_MS };
}

function pairing(): AdministratorOperation {
  return { kind: 'replace-host-pairing-key', publicKey: x25519 };
}

async function refuses(command: Uint8Array, code: string, detail: RegExp = /./): Promise<void> {
  const { nvmGeneration } = await part.call(commands.status, {});
  await assert.rejects(part.call(commands.dryRun, { command }), { code, detail }, 'a dry run judges the same');
  await assert.rejects(part.call(commands.adminExecute, { command }), { code, detail });
  assert.equal((await part.call(commands.status, {})).nvmGeneration, nvmGeneration, 'what is refused writes nothing');
}

describe('a command with effect at once', () => {
  it('replaces the policies, and the part says so, signed', async () => {
    const [policy] = fleet.policies;
    assert.ok(policy !== undefined);
    const changed = [{ ...policy, serverNames: ['other.test'] }];
    const command = await administrator.command(part, [replacePolicies(changed)]);
    const response = await administrator.execute(part, command);
    assert.equal(response.outcome, 'committed');
    assert.equal(response.sequence, 1);
    assert.deepEqual(response.commandDigest, sha256(command));
    const held = await readWhole(part, 'policies');
    assert.deepEqual(held, encodeField(policiesFields, changed));
    assert.deepEqual(response.policiesDigest, sha256(held));
    assert.deepEqual(await administrator.status(part), response, 'asked again it says the same');
  });

  it('pairs the part with another host', async () => {
    const before = await readWhole(part, 'host-pairing-key');
    const { outcome } = await administrator.execute(part, await administrator.command(part, [pairing()]));
    assert.equal(outcome, 'committed');
    assert.notDeepEqual(before, x25519);
    await assert.rejects(
      readWhole(part, 'host-pairing-key'),
      { code: 'KS-C170' },
      'to the host before it says nothing',
    );
  });

  it('raises the time floor beyond what a token may, never back, and the part goes on from there', async () => {
    const raised = fleet.clock.ms + 500 * DAY_MS;
    await assert.rejects(fleet.tellTime(part, raised), { code: 'KS-C153' });
    await administrator.execute(part, await administrator.command(part, [laterTime()]));
    const { timeFloorMs, nowMs } = await part.call(commands.status, {});
    assert.deepEqual([timeFloorMs, nowMs], [raised, raised]);
    const back = await administrator.command(part, [laterTime()], { expiresAtMs: raised + DAY_MS });
    await refuses(back, 'KS-C216');
    await fleet.tellTime(part, raised + DAY_MS);
  });

  it('terminates the part: keys destroyed, all but its public side refused, and it can still say so', async () => {
    await fleet.boot(part.host);
    const late = await administrator.command(part, [laterTime()], noNonce);
    const command = await administrator.command(part, [{ kind: 'terminate' }]);
    const response = await administrator.execute(part, command);
    assert.deepEqual([response.outcome, response.lifeCycle], ['committed', 'terminated']);
    for (const restart of [() => {}, () => part.powerCycle()]) {
      restart();
      assert.equal((await part.call(commands.info, {})).lifeCycle, 'terminated');
      const { objects } = await part.call(commands.list, {});
      const keys = objects.filter(({ object }) => object.endsWith('-public-key'));
      assert.deepEqual(
        keys.map(({ object }) => object),
        ['attestation-public-key'],
      );
      assert.deepEqual(await administrator.status(part), response);
      const open = { policy: 'recovery', serverName: 'localhost' };
      await assert.rejects(part.call(commands.tlsOpen, open), { code: 'KS-C110' });
      await assert.rejects(part.call(commands.csr, { slot: 'idevid' }), { code: 'KS-C110' });
      await assert.rejects(part.call(commands.adminExecute, { command: late }), { code: 'KS-C110' });
      assert.deepEqual(keysInMemory(part), [['attestation'], ['attestation']], 'nor in the generation before');
    }
  });

  it('is refused when it would leave the part, or a policy, without a root', async () => {
    const digest = sha256(fleet.fleet.authorities.root.der);
    const command = await administrator.command(part, [{ kind: 'remove-root', digest }]);
    await refuses(command, 'KS-C209', /would trust nobody/);
  });

  it('is refused when the part would not work with what it brings', async () => {
    const [policy] = fleet.policies;
    assert.ok(policy !== undefined);
    const wrong: readonly AdministratorOperation[] = [
      replacePolicies([{ ...policy, anchorDigests: [new Uint8Array(32)] }]),
      replacePolicies([]),
      { kind: 'replace-policies', policies: Uint8Array.of(1, 2, 3) },
      { kind: 'replace-host-pairing-key', publicKey: Uint8Array.of(1) },
      { kind: 'remove-root', digest: new Uint8Array(32) },
    ];
    for (const operation of wrong) await refuses(await administrator.command(part, [operation]), 'KS-C208');
  });
});

describe('a command is refused', () => {
  it('when anything of it was changed after it was signed', async () => {
    const command = await administrator.command(part, [laterTime()]);
    for (let at = 0; at < command.length; at += 5) {
      const changed = command.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x01;
      await assert.rejects(part.call(commands.adminExecute, { command: changed }), /KS-C20[01]/, `byte ${at}`);
    }
    await administrator.execute(part, command);
  });

  it('when it is by nobody, by a stranger, by the boot key, or by one whose key it only names', async () => {
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    await refuses(await administrator.command(part, [laterTime()], { key: stranger }), 'KS-C201');
    await refuses(await administrator.command(part, [laterTime()], { key: fleet.fleet.keys.boot }), 'KS-C201');
    const stated = administratorCommand.decode(peekStatement(await administrator.command(part, [laterTime()])).payload);
    const own = es256Signer(administrator.keys.current);
    await refuses(await administratorCommand.sign(stated, own), 'KS-C200', /does not say which key/);
    const forged = await administratorCommand.sign(
      stated,
      es256Signer(stranger),
      keyDigestOf(administrator.keys.current),
    );
    await refuses(forged, 'KS-C200', /signature/);
    const { protectedHeader, payload } = peekStatement(forged);
    const unsigned = sign1(protectedHeader, payload, new Uint8Array(64));
    await refuses(unsigned, 'KS-C200', /signature/);
  });

  it('when the administrator has signed something else', async () => {
    const { current } = administrator.keys;
    const token = await timeToken.sign(
      { serial: 'KS-1', nonce: new Uint8Array(16), utcMs: 1 },
      es256Signer(current),
      keyDigestOf(current),
    );
    await refuses(token, 'KS-C200', /KS-S101/);
    const receipt = await administrator.receipt(
      await administrator.execute(operational.fork(), await administrator.command(part, [laterTime()], noNonce)),
      current,
    );
    await refuses(receipt, 'KS-C200');
  });

  it('when its CBOR has a key twice, an indefinite length, a longer integer than needed, or bytes left over', async () => {
    const { current } = administrator.keys;
    const right = peekStatement(await administrator.command(part, [laterTime()], noNonce)).payload;
    // a0 + count of the map's pairs; the pairs are in order, and the first is 01 67 "at-once".
    assert.deepEqual([...right.subarray(0, 3)], [0xab, 0x01, 0x67]);
    const wrong = {
      'a key twice': Buffer.concat([Uint8Array.of(0xac), right.subarray(1, 10), right.subarray(1)]),
      'an indefinite map': Buffer.concat([Uint8Array.of(0xbf), right.subarray(1), Uint8Array.of(0xff)]),
      'a long integer': Buffer.concat([Uint8Array.of(0xab, 0x18, 0x01), right.subarray(2)]),
      'a byte left over': Buffer.concat([right, Uint8Array.of(0)]),
      'a field too few': Buffer.concat([Uint8Array.of(0xaa), right.subarray(10)]),
    };
    for (const [what, payload] of Object.entries(wrong)) {
      const command = await signPayload(payload, current);
      await assert.rejects(part.call(commands.adminExecute, { command }), { code: 'KS-C200', detail: /KS-S103/ }, what);
    }
    const whole = await signPayload(right, current);
    const indefinite = Buffer.concat([Uint8Array.of(0x9f), whole.subarray(1), Uint8Array.of(0xff)]);
    await refuses(indefinite, 'KS-C200', /KS-S100/);
    await administrator.execute(part, whole);
  });

  it('when it is for another part, fleet or model', async () => {
    const operation = [laterTime()];
    await refuses(await administrator.command(part, operation, { target: 'KS-999999' }), 'KS-C202');
    const group = { targetKind: 'group', ...noNonce } as const;
    await refuses(await administrator.command(part, operation, { ...group, target: 'elsewhere' }), 'KS-C202');
    await refuses(await administrator.command(part, operation, { ...group, target: 'home/OTHER' }), 'KS-C202');
    const { serial } = await part.call(commands.info, {});
    await refuses(await administrator.command(part, operation, { ...group, target: serial }), 'KS-C202');
  });

  it('when it tells a group what only one part at a time may be told', async () => {
    const digest = sha256(fleet.fleet.authorities.root.der);
    const operations: readonly AdministratorOperation[] = [
      { kind: 'terminate' },
      { kind: 'remove-root', digest },
      replacePolicies(fleet.policies),
      pairing(),
      laterTime(),
    ];
    for (const operation of operations) {
      const command = await administrator.command(part, [operation], { targetKind: 'group', target: 'home' });
      await refuses(command, 'KS-C207', /one part at a time/);
    }
  });

  it('when it is played again, or its number is below one that was used', async () => {
    const command = await administrator.command(part, [laterTime()], { ...noNonce, sequence: 7 });
    await administrator.execute(part, command);
    await refuses(command, 'KS-C203', /number 7, the part takes 8 to 71/);
    const later: AdministratorOperation = { kind: 'raise-time-floor', utcMs: fleet.clock.ms + 600 * DAY_MS };
    const changes = { ...noNonce, expiresAtMs: fleet.clock.ms + 700 * DAY_MS };
    await refuses(await administrator.command(part, [later], { ...changes, sequence: 6 }), 'KS-C203');
    part.powerCycle();
    await refuses(command, 'KS-C203');
    await administrator.execute(part, await administrator.command(part, [later], { ...changes, sequence: 8 }));
  });

  it('when its number is more than 64 ahead: a thief cannot use up all of them', async () => {
    const at = (sequence: number): Promise<Uint8Array> =>
      administrator.command(part, [laterTime()], { ...noNonce, sequence });
    await refuses(await at(0), 'KS-C203');
    await refuses(await at(65), 'KS-C203', /number 65, the part takes 1 to 64/);
    await refuses(await at(Number.MAX_SAFE_INTEGER), 'KS-C203');
    await administrator.execute(part, await at(64));
  });

  it('when it has expired by the time of the part', async () => {
    await fleet.tellTime(part, fleet.clock.ms);
    const command = await administrator.command(part, [laterTime()], { expiresAtMs: fleet.clock.ms + 1000 });
    part.clock.pass(1000);
    await refuses(command, 'KS-C204');
  });

  it('when the part has other roots than the administrator thinks', async () => {
    const command = await administrator.command(part, [laterTime()], { anchorsDigest: new Uint8Array(32) });
    await refuses(command, 'KS-C205');
  });

  it('when it is staged or at once and must not be, and when its window does not fit', async () => {
    const { der: certificate } = fleet.fleet.authorities['maker-ca'];
    const add: AdministratorOperation = { kind: 'add-root', certificate, purposes: ['server'], policies: ['fleet'] };
    await refuses(await administrator.command(part, [add]), 'KS-C207', /add-root cannot be done at once/);
    const staged = { serverName: 'localhost' };
    for (const operation of [laterTime(), pairing(), { kind: 'terminate' } as const]) {
      await refuses(await administrator.stagedCommand(part, [operation], staged), 'KS-C207', /cannot be staged/);
    }
    const wrong = [{ windowPoweredS: 0 }, { proofServerNames: [] }];
    for (const changes of wrong) {
      await refuses(await administrator.stagedCommand(part, [add], { ...staged, ...changes }), 'KS-C207');
    }
    await refuses(await administrator.command(part, [laterTime()], { windowResets: 1 }), 'KS-C207');
    await refuses(await administrator.stagedCommand(part, [add, add], staged), 'KS-C207', /two roots/);
  });
});

describe('a nonce of the part', () => {
  let operation: readonly AdministratorOperation[];
  before(() => {
    operation = [replacePolicies(fleet.policies)];
  });

  it('is needed by every command that replaces, removes or ends something', async () => {
    const digest = sha256(fleet.fleet.authorities.root.der);
    const needing = [
      pairing(),
      replacePolicies(fleet.policies),
      { kind: 'terminate' },
      { kind: 'remove-root', digest },
    ] as const;
    for (const each of needing) await refuses(await administrator.command(part, [each], noNonce), 'KS-C206', /none/);
    await administrator.execute(part, await administrator.command(part, [laterTime()], noNonce));
  });

  it('serves one command, of this part, since the last reset', async () => {
    const { nonce } = await part.call(commands.adminChallenge, {});
    const elsewhere = (await operational.fork().call(commands.adminChallenge, {})).nonce;
    await refuses(await administrator.command(part, operation, { nonce: elsewhere }), 'KS-C206', /did not give/);
    const used = { nonce: nonce.slice() };
    await administrator.execute(part, await administrator.command(part, operation, used));
    await refuses(await administrator.command(part, operation, used), 'KS-C206');
    const { nonce: early } = await part.call(commands.adminChallenge, {});
    const command = await administrator.command(part, operation, { nonce: early.slice() });
    part.chip.assertResetLine();
    await refuses(command, 'KS-C206');
  });

  it('is one of four; a fifth displaces the oldest', async () => {
    const nonces: Uint8Array[] = [];
    for (let i = 0; i < 5; i++) nonces.push((await part.call(commands.adminChallenge, {})).nonce.slice());
    const [oldest, ...four] = nonces;
    assert.ok(oldest !== undefined);
    await refuses(await administrator.command(part, operation, { nonce: oldest }), 'KS-C206');
    for (const nonce of four)
      await administrator.execute(part, await administrator.command(part, operation, { nonce }));
  });

  it('is not used up by a command that is refused', async () => {
    const { nonce } = await part.call(commands.adminChallenge, {});
    const own = { nonce: nonce.slice() };
    await refuses(await administrator.command(part, operation, { ...own, sequence: 900 }), 'KS-C203');
    await administrator.execute(part, await administrator.command(part, operation, own));
  });
});

const noNonce = { nonce: new Uint8Array(0) };

/** A statement over bytes that the encoder would never make. */
async function signPayload(payload: Uint8Array, key: TestAdministrator['keys']['current']): Promise<Uint8Array> {
  const { contentType } = administratorCommand;
  const header = encodeProtectedHeader({ contentType, keyId: keyDigestOf(key) });
  const signature = await es256Signer(key)(sigStructure(header, new Uint8Array(payload)));
  return sign1(header, payload, signature);
}

/** COSE_Sign1, RFC 9052 §4.2: an array of four. */
function sign1(header: Uint8Array, payload: Uint8Array, signature: Uint8Array): Uint8Array {
  return Buffer.concat([
    Uint8Array.of(0x84),
    bytesOf(header),
    Uint8Array.of(0xa0),
    bytesOf(payload),
    bytesOf(signature),
  ]);
}

/** A byte string of CBOR in its shortest form. */
function bytesOf(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  const head = length < 24 ? [0x40 + length] : length < 256 ? [0x58, length] : [0x59, length >> 8, length & 0xff];
  return Uint8Array.from([...head, ...bytes]);
}
