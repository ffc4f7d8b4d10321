import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { configurationManifest, firmwareManifest } from '@keystile/cose';
import { type Release, signRelease } from '../../src/index.ts';
import { publicKeyDer } from '../../src/state/signer.ts';
import { homeWithFleet } from '../support/home.ts';

const release: Release = {
  model: 'KS-AC-1',
  firmwareVersion: 3,
  configurationVersion: 7,
  firmware: Buffer.from('firmware'),
  configuration: Buffer.from('{}'),
};

test('both manifests name model, version, digest and length, under the boot key alone', async (context) => {
  const { fleet } = await homeWithFleet(context);
  const signed = await signRelease(fleet.keys.boot, release);
  const bootKey = publicKeyDer(fleet.keys.boot);
  assert.deepEqual(firmwareManifest.verify(signed.firmwareManifest, bootKey), {
    model: 'KS-AC-1',
    version: 3,
    imageDigest: new Uint8Array(createHash('sha256').update('firmware').digest()),
    imageLength: 8,
    laterStages: [],
  });
  assert.deepEqual(configurationManifest.verify(signed.configurationManifest, bootKey), {
    model: 'KS-AC-1',
    version: 7,
    digest: new Uint8Array(createHash('sha256').update('{}').digest()),
    length: 2,
  });
  const timeKey = publicKeyDer(fleet.keys.time);
  assert.throws(() => firmwareManifest.verify(signed.firmwareManifest, timeKey), { code: 'KS-S102' });
  assert.throws(() => firmwareManifest.verify(signed.configurationManifest, bootKey), { code: 'KS-S101' });
});

test('a release that no part could run is not signed', async (context) => {
  const { fleet } = await homeWithFleet(context);
  const wrong: [string, Partial<Release>, string][] = [
    ['version 0', { firmwareVersion: 0 }, 'KS-A150'],
    ['half a version', { configurationVersion: 1.5 }, 'KS-A150'],
    ['a version beyond 32 bits', { firmwareVersion: 2 ** 32 }, 'KS-A150'],
    ['no firmware', { firmware: new Uint8Array(0) }, 'KS-A150'],
    ['no configuration', { configuration: new Uint8Array(0) }, 'KS-A150'],
    ['more than a part measures', { firmware: new Uint8Array(256 * 1024 - 1) }, 'KS-A150'],
    ['a model with a wildcard', { model: 'KS-*' }, 'KS-A121'],
  ];
  for (const [what, change, code] of wrong) {
    await assert.rejects(signRelease(fleet.keys.boot, { ...release, ...change }), { code }, what);
  }
  await signRelease(fleet.keys.boot, { ...release, firmware: new Uint8Array(256 * 1024 - 2) });
});

test('a release names the stages that its first stage loads', async (context) => {
  const { fleet } = await homeWithFleet(context);
  const stage = { name: 'kernel', digest: new Uint8Array(32).fill(6) };
  const signed = await signRelease(fleet.keys.boot, { ...release, laterStages: [stage] });
  assert.deepEqual(firmwareManifest.verify(signed.firmwareManifest, fleet.keys.boot).laterStages, [stage]);
});
