import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceList, type PartEntry } from '@keystile/authority';

const digest = 'ab'.repeat(32);
const madeAt = '2026-11-24T10:00:00.000Z';
const made: PartEntry = { serial: 'KS-1', model: 'M', attestationKey: digest, madeAt };
const device = {
  fleet: 'home',
  id: 'ac-1',
  idevidKey: digest,
  ldevidKey: digest,
  idevidSerial: '01',
  ldevidSerial: '02',
  ldevidExpiresAt: madeAt,
  contentsDigest: digest,
  lot: 'lot-1',
  provisionedAt: madeAt,
};

test('the list for a broker names the part of each provisioned device, and nothing else of it', () => {
  const list: unknown = JSON.parse(deviceList([made, { ...made, serial: 'KS-2', device }]));
  assert.deepEqual(list, [{ serial: 'KS-2', attestation_key: digest, identity: 'urn:keystile:home:device:ac-1' }]);
});
