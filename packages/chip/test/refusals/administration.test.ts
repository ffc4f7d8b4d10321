import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { AdministratorOperation } from '@keystile/cose';
import { commands } from '@keystile/link';
import { certificateDigest } from '@keystile/pki/path';
import { keyDigestOf, publicKeyOf, strangerRoot, type TestAdministrator } from '@keystile/testkit/field';
import { assertRefused, DeviceInTheField } from '../support/device-in-the-field.ts';

let device: DeviceInTheField;
let administrator: TestAdministrator;
before(async () => {
  device = await DeviceInTheField.booted();
  administrator = device.fleet.administrator();
});
after(() => device.remove());

const stranger: KeyObject = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

function laterTime(): AdministratorOperation {
  return { kind: 'raise-time-floor', utcMs: device.fleet.clock.ms + 60_000 };
}

function execute(command: Uint8Array): Promise<unknown> {
  return device.part.call(commands.adminExecute, { command });
}

test('a command by a stranger is refused', async () => {
  await assertRefused(execute(await administrator.command(device.part, [laterTime()], { key: stranger })), {
    code: 'KS-C201',
    says: /is no administrator of this part/,
    fix: /Sign with the current administrator key/,
  });
});

test('a command that its relay has changed is refused', async () => {
  const command = await administrator.command(device.part, [laterTime()]);
  const at = command.length - 80;
  command[at] = (command[at] ?? 0) ^ 1;
  await assertRefused(execute(command), { code: 'KS-C200', says: /KS-S10/, fix: /sign the command again/ });
});

test('a command for another part is refused', async () => {
  await assertRefused(execute(await administrator.command(device.part, [laterTime()], { target: 'KS-999999' })), {
    code: 'KS-C202',
    says: /for part KS-999999, this is KS-000001/,
    fix: /Deliver the command to the part that it names/,
  });
});

test('a command that was carried out is refused when it comes again, and so is one that is far ahead', async () => {
  const sequence = 20;
  const command = await administrator.command(device.part, [laterTime()], { sequence, nonce: new Uint8Array(0) });
  const ahead = await administrator.command(device.part, [laterTime()], { sequence: sequence + 65 });
  await execute(command);
  const refusal = { code: 'KS-C203', says: /the part takes 21 to 84 of this key/, fix: /somebody else holds the key/ };
  await assertRefused(execute(command), { ...refusal, code: 'KS-C203' });
  await assertRefused(execute(ahead), { ...refusal, code: 'KS-C203' });
});

test('a thief of the administrator key cannot change it, to keep the fleet', async () => {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const change = {
    kind: 'change-administrator-key',
    publicKey: publicKeyOf(own),
    nextDigest: keyDigestOf(stranger),
  } as const;
  await assertRefused(execute(await administrator.command(device.part, [change], { sequence: 21 })), {
    code: 'KS-C210',
    says: /change-administrator-key is not for the administrator's current key/,
    fix: /Sign the change of key with the next key/,
  });
});

test('the removal of the last root is refused, also by force', async () => {
  const remove = { kind: 'remove-root', digest: certificateDigest(device.fleet.fleet.authorities.root.der) } as const;
  await assertRefused(execute(await administrator.command(device.part, [remove], { sequence: 22 })), {
    code: 'KS-C209',
    says: /would trust nobody/,
    fix: /Add another root first/,
  });
});

test('a root that is added is not committed without a proof, nor on the word of anybody but the authority', async () => {
  const { root, serverCa } = await strangerRoot(device.fleet.clock.ms);
  const add = { kind: 'add-root', certificate: root.der, purposes: ['server'], policies: ['fleet'] } as const;
  const changes = { serverName: 'broker.test', sequence: 23 };
  const staged = await administrator.execute(
    device.part,
    await administrator.stagedCommand(device.part, [add], changes),
  );
  const commit = async (key?: KeyObject): Promise<unknown> =>
    device.part.call(commands.adminReceipt, { receipt: await administrator.receipt(staged, key) });
  await assertRefused(commit(), { code: 'KS-C213', says: /no handshake has proved/, fix: /PROOF_OPEN/ });
  await assertRefused(commit(stranger), { code: 'KS-C214', says: /KS-S102/, fix: /Have the authority sign/ });
  const server = await device.server(await device.fleet.server({ issuer: serverCa }));
  await assertRefused(device.dial(server), { code: 'KS-P101', says: /./, fix: /./ });
  assert.equal((await administrator.status(device.part)).outcome, 'staged');
  await device.connects();
});
