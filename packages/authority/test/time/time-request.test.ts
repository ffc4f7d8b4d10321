import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTimeRequest } from '../../src/time/time-request.ts';

const topic = '$keystile/ac-000017/time/request';
const nonce = Uint8Array.from({ length: 16 }, (_, i) => i);
const request = { nonce: Buffer.from(nonce).toString('base64url'), serial: 'KS-000017' };

test('a request carries the nonce and the serial; the device is that of the topic', () => {
  const parsed = parseTimeRequest(topic, Buffer.from(JSON.stringify(request)));
  assert.deepEqual(parsed, { device: 'ac-000017', serial: 'KS-000017', nonce });
});

test('anything else is KS-A141', () => {
  const wrong: [string, string][] = [
    [topic, ''],
    [topic, 'null'],
    [topic, '[]'],
    [topic, JSON.stringify({ ...request, nonce: 'AAAA' })],
    [topic, JSON.stringify({ ...request, nonce: `${request.nonce}AA` })],
    [topic, JSON.stringify({ ...request, nonce: 'not base64url!!!!!!!!!' })],
    [topic, JSON.stringify({ ...request, nonce: 5 })],
    [topic, JSON.stringify({ nonce: request.nonce })],
    [topic, JSON.stringify({ ...request, extra: true })],
    [topic, JSON.stringify({ ...request, serial: 'x'.repeat(65) })],
    [topic, JSON.stringify({ ...request, padding: 'x'.repeat(600) })],
    ['$keystile/ac-000017/time', JSON.stringify(request)],
    ['$keystile/a/b/time/request', JSON.stringify(request)],
  ];
  for (const [where, text] of wrong) {
    assert.throws(() => parseTimeRequest(where, Buffer.from(text)), { code: 'KS-A141' }, `${where} ${text}`);
  }
});
