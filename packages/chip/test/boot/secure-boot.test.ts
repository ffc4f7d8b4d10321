import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { configurationManifest, firmwareManifest } from '@keystile/cose';
import { type BootImages, bootPart } from '@keystile/device';
import { commands } from '@keystile/link';
import { es256Signer, InProcessPart, SERVER_NAME, TestFleet } from '@keystile/testkit';
import { BOOT_BYTES_MAX } from '../../src/boot/secure-boot.ts';
import { connectInProcess } from '../support/connect.ts';

let fleet: TestFleet;
let operational: InProcessPart;
before(async () => {
  fleet = await TestFleet.create();
  operational = new InProcessPart({ clock: fleet.clock });
  await fleet.provision(operational);
});
after(() => fleet.remove());

const open = { policy: 'fleet', serverName: SERVER_NAME };

async function bootState(part: InProcessPart): Promise<string> {
  return (await part.call(commands.status, {})).bootState;
}

/** A boot that must fail, and what must hold after it: no device key serves anybody until the next reset. */
async function refusesBoot(part: InProcessPart, images: BootImages, expected: object): Promise<void> {
  await assert.rejects(bootPart(part.host, images), expected);
  assert.equal(await bootState(part), 'failed');
  await assert.rejects(part.call(commands.tlsOpen, open), { code: 'KS-C112', detail: /which has failed/ });
  await assert.rejects(part.call(commands.csr, { slot: 'ldevid' }), { code: 'KS-C112' });
  await assert.rejects(part.call(commands.bootCommit, {}), { code: 'KS-C112' });
  await assert.rejects(part.call(commands.bootBegin, {}), { code: 'KS-C114' });
  const { handle } = await part.call(commands.tlsOpen, { ...open, policy: 'recovery' });
  assert.ok(handle > 0, 'a session that shows no key is still for the asking: a device must be able to fetch a repair');
}

test('genuine firmware and configuration pass, and the versions are known', async () => {
  const part = operational.fork();
  assert.equal(await bootState(part), 'none');
  const versions = await bootPart(part.host, await fleet.release({ firmwareVersion: 7, configurationVersion: 9 }));
  assert.deepEqual(versions, { firmwareVersion: 7, configurationVersion: 9 });
  const status = await part.call(commands.status, {});
  assert.partialDeepStrictEqual(status, { bootState: 'passed', bootArmed: false, firmwareVersion: 7 });
  await part.call(commands.tlsOpen, open);
});

test('images may be cut into pieces anywhere and streamed in any order', async () => {
  const part = operational.fork();
  const images = await fleet.release();
  await part.call(commands.bootBegin, {});
  const pieces = [
    ['configuration', images.configuration.subarray(0, 7)],
    ['firmware', images.firmware.subarray(0, 1)],
    ['firmware', images.firmware.subarray(1, 1)],
    ['firmware', images.firmware.subarray(1)],
    ['configuration', images.configuration.subarray(7)],
  ] as const;
  for (const [image, bytes] of pieces) await part.call(commands.bootUpdate, { image, bytes });
  await part.call(commands.bootVerify, { laterStages: [], ...images });
  assert.equal(await bootState(part), 'passed');
});

for (const at of [0, 1500, 2999]) {
  test(`a flipped bit in byte ${at} of the firmware fails the boot`, async () => {
    const images = await fleet.release();
    images.firmware[at] = (images.firmware[at] ?? 0) ^ 1;
    await refusesBoot(operational.fork(), images, { code: 'KS-C117', detail: /3000 bytes of firmware/ });
  });
}

test('a flipped bit in the configuration fails the boot', async () => {
  const images = await fleet.release();
  images.configuration[100] = (images.configuration[100] ?? 0) ^ 1;
  await refusesBoot(operational.fork(), images, { code: 'KS-C118', detail: /200 bytes of configuration/ });
});

test('firmware with bytes after its end, or without its last, fails the boot', async () => {
  const images = await fleet.release();
  const longer = { ...images, firmware: Uint8Array.from([...images.firmware, 0]) };
  await refusesBoot(operational.fork(), longer, { code: 'KS-C117' });
  const shorter = { ...images, firmware: images.firmware.subarray(0, -1) };
  await refusesBoot(operational.fork(), shorter, { code: 'KS-C117' });
});

test('firmware and configuration in each other’s place fail the boot', async () => {
  const images = await fleet.release();
  const swapped = { ...images, firmware: images.configuration, configuration: images.firmware };
  await refusesBoot(operational.fork(), swapped, { code: 'KS-C117' });
  const manifests = {
    ...images,
    firmwareManifest: images.configurationManifest,
    configurationManifest: images.firmwareManifest,
  };
  await refusesBoot(operational.fork(), manifests, { code: 'KS-C120', detail: /KS-S/ });
});

test('a manifest for another model fails the boot', async () => {
  const images = await fleet.release({ model: 'KS-AC-2' });
  await refusesBoot(operational.fork(), images, { code: 'KS-C121', detail: /KS-AC-2, this part is for KS-AC-1/ });
});

test('a manifest by another key than the boot key fails the boot, also by another key of the fleet', async () => {
  const images = await fleet.release();
  const claims = firmwareManifest.verify(images.firmwareManifest, fleet.fleet.keys.boot);
  const forged = await firmwareManifest.sign(claims, es256Signer(fleet.fleet.keys.time));
  await refusesBoot(operational.fork(), { ...images, firmwareManifest: forged }, { code: 'KS-C120' });
});

test('a manifest that states another length than its digest is of fails the boot', async () => {
  const images = await fleet.release();
  const key = fleet.fleet.keys.boot;
  const firmware = firmwareManifest.verify(images.firmwareManifest, key);
  const longer = { ...firmware, imageLength: firmware.imageLength + 1 };
  const changed = await firmwareManifest.sign(longer, es256Signer(key));
  await refusesBoot(operational.fork(), { ...images, firmwareManifest: changed }, { code: 'KS-C117' });
  const configuration = configurationManifest.verify(images.configurationManifest, key);
  const shorter = await configurationManifest.sign({ ...configuration, length: 1 }, es256Signer(key));
  await refusesBoot(operational.fork(), { ...images, configurationManifest: shorter }, { code: 'KS-C118' });
});

test('more than 256 KiB in all fail the boot as soon as they come', async () => {
  const part = operational.fork();
  await part.call(commands.bootBegin, {});
  const bytes = new Uint8Array(16_384);
  assert.equal(BOOT_BYTES_MAX, 16 * bytes.length);
  for (let piece = 0; piece < 16; piece++) {
    await part.call(commands.bootUpdate, { image: piece % 2 === 0 ? 'firmware' : 'configuration', bytes });
  }
  const oneMore = { image: 'firmware', bytes: new Uint8Array(1) } as const;
  await assert.rejects(part.call(commands.bootUpdate, oneMore), { code: 'KS-C116' });
  assert.equal(await bootState(part), 'failed');
});

test('BOOT_BEGIN is accepted once: neither again, nor after RESET, only after the reset line', async () => {
  const part = operational.fork();
  await fleet.boot(part.host);
  await assert.rejects(part.call(commands.bootBegin, {}), { code: 'KS-C114' });
  assert.equal(await bootState(part), 'passed');
  await part.call(commands.reset, {});
  await assert.rejects(part.call(commands.bootBegin, {}), { code: 'KS-C114' });
  part.chip.assertResetLine();
  assert.equal(await bootState(part), 'none');
  await assert.rejects(part.call(commands.tlsOpen, open), { code: 'KS-C112', detail: /has not begun/ });
  part.chip.assertResetLine();
  await fleet.boot(part.host);
});

test('a second BOOT_BEGIN in the middle of a measurement neither restarts nor spoils it', async () => {
  const part = operational.fork();
  const images = await fleet.release();
  await part.call(commands.bootBegin, {});
  await part.call(commands.bootUpdate, { image: 'firmware', bytes: images.firmware });
  await assert.rejects(part.call(commands.bootBegin, {}), { code: 'KS-C114' });
  await part.call(commands.bootUpdate, { image: 'configuration', bytes: images.configuration });
  await part.call(commands.bootVerify, { laterStages: [], ...images });
});

test('any TLS command before the boot, also a refused one, leaves the boot unarmed', async () => {
  const attempts = [
    (part: InProcessPart) => part.call(commands.tlsOpen, open),
    (part: InProcessPart) => part.call(commands.tlsOpen, { policy: 'none such', serverName: SERVER_NAME }),
    (part: InProcessPart) => part.call(commands.tlsStatus, { handle: 1 }),
  ];
  for (const attempt of attempts) {
    const part = operational.fork();
    await assert.rejects(attempt(part));
    await assert.rejects(bootPart(part.host, await fleet.release()), { code: 'KS-C114', detail: /was not the first/ });
  }
  const part = operational.fork();
  await part.call(commands.tlsOpen, { ...open, policy: 'recovery' });
  await assert.rejects(part.call(commands.bootBegin, {}), { code: 'KS-C114' });
});

test('the device key serves nobody while the measurement is not finished', async () => {
  const part = operational.fork();
  await part.call(commands.bootBegin, {});
  await assert.rejects(part.call(commands.tlsOpen, open), { code: 'KS-C112', detail: /is not finished/ });
});

test('a verdict is final: BOOT_UPDATE and BOOT_VERIFY come too late after it', async () => {
  const part = operational.fork();
  const images = await fleet.release();
  await bootPart(part.host, images);
  await assert.rejects(part.call(commands.bootUpdate, { image: 'firmware', bytes: new Uint8Array(1) }), {
    code: 'KS-C115',
  });
  await assert.rejects(part.call(commands.bootVerify, { laterStages: [], ...images }), { code: 'KS-C115' });
  assert.equal(await bootState(part), 'passed');
});

test('the reset line ends open sessions and what was verified', async () => {
  const part = operational.fork();
  await fleet.boot(part.host);
  const { handle } = await part.call(commands.tlsOpen, open);
  part.chip.assertResetLine();
  await assert.rejects(part.call(commands.tlsStatus, { handle }), { code: 'KS-C163' });
});

test('counters move by BOOT_COMMIT after a handshake with client authentication only, and N − 1 verifies until then', async () => {
  const part = operational.fork();
  await fleet.boot(part.host, { firmwareVersion: 5, configurationVersion: 3 });
  await assert.rejects(part.call(commands.bootCommit, {}), { code: 'KS-C122' });
  part.chip.assertResetLine();
  await fleet.boot(part.host, { firmwareVersion: 4, configurationVersion: 2 });
  await connectInProcess(fleet, part, { policy: 'recovery', requestCert: false });
  await assert.rejects(
    part.call(commands.bootCommit, {}),
    { code: 'KS-C122' },
    'a session without a key proves nothing',
  );
  await connectInProcess(fleet, part);
  const minima = { firmwareVersionMin: 4, configurationVersionMin: 2 };
  assert.deepEqual(await part.call(commands.bootCommit, {}), minima);
  const { nvmGeneration } = await part.call(commands.status, {});
  assert.deepEqual(await part.call(commands.bootCommit, {}), minima);
  assert.equal((await part.call(commands.status, {})).nvmGeneration, nvmGeneration, 'nothing to raise is no write');

  part.powerCycle();
  await refusesBoot(part, await fleet.release({ firmwareVersion: 3, configurationVersion: 2 }), {
    code: 'KS-C119',
    detail: /the firmware has version 3, the part accepts 4 and later/,
  });
  part.powerCycle();
  await refusesBoot(part, await fleet.release({ firmwareVersion: 4, configurationVersion: 1 }), { code: 'KS-C119' });
  part.powerCycle();
  await fleet.boot(part.host, { firmwareVersion: 4, configurationVersion: 2 });
  part.powerCycle();
  await fleet.boot(part.host, { firmwareVersion: 9, configurationVersion: 2 });
  assert.partialDeepStrictEqual(await part.call(commands.status, {}), minima);
});
