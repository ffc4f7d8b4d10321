import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { it } from 'node:test';
import { SoftwareVault } from '@keystile/chip';
import { describeVault } from './vault-suite.ts';

function fuses(): { memoryKey: Uint8Array; wrappingKey: Uint8Array } {
  return { memoryKey: randomBytes(32), wrappingKey: randomBytes(32) };
}

describeVault('software', async () => {
  const keys = fuses();
  return { vault: new SoftwareVault(() => keys, randomBytes), close: async () => undefined };
});

it('a software vault whose wrapping key is gone opens no device key; the attestation key survives', async () => {
  let keys = fuses();
  const vault = new SoftwareVault(() => keys, randomBytes);
  const device = await vault.generate('ldevid');
  const attestation = await vault.generate('attestation');
  keys = { ...keys, wrappingKey: randomBytes(32) };
  const purpose = { kind: 'tls', input: Uint8Array.of(1) } as const;
  await assert.rejects(vault.sign({ slot: 'ldevid', handle: device.handle, purpose }), { code: 'KS-C100' });
  await vault.sign({ slot: 'attestation', handle: attestation.handle, purpose });
});
