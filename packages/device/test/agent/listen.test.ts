import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseListenPlace } from '@keystile/device/agent';

describe('a place to listen', () => {
  it('is a Unix socket or a loopback port', () => {
    assert.deepEqual(parseListenPlace('unix:/run/a b.sock'), { kind: 'unix', path: '/run/a b.sock' });
    const four = { kind: 'tcp', host: '127.0.0.1' };
    assert.deepEqual(parseListenPlace('tcp:1883'), { ...four, port: 1883 });
    assert.deepEqual(parseListenPlace('tcp:localhost:0'), { ...four, port: 0 });
    assert.deepEqual(parseListenPlace('tcp:[::1]:65535'), { kind: 'tcp', host: '::1', port: 65_535 });
  });

  it('is nothing that another machine could reach, and nothing else', () => {
    const wrong = [
      'tcp:0.0.0.0:1883',
      'tcp:[::]:1883',
      'tcp:192.0.2.1:1883',
      'tcp::1883',
      'tcp:65536',
      'tcp:',
      'unix:',
      '1883',
      '',
    ];
    for (const text of wrong) assert.throws(() => parseListenPlace(text), { code: 'KS-D135' }, text);
  });
});
