import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readArguments } from '../../src/service/arguments.ts';

test('the flags have defaults, and the home may come from the environment', () => {
  assert.deepEqual(readArguments([], { KEYSTILE_HOME: '/home' }), {
    home: '/home',
    port: 8443,
    websocketUrl: 'wss://localhost:8884',
    brokerUrl: 'mqtts://localhost:8883',
  });
  const given = [
    '--home',
    '/h',
    '--port',
    '0',
    '--websocket-url',
    'wss://[::1]:1',
    '--broker-url',
    'mqtts://127.0.0.1:2',
  ];
  assert.deepEqual(readArguments(given, {}), {
    home: '/h',
    port: 0,
    websocketUrl: 'wss://[::1]:1',
    brokerUrl: 'mqtts://127.0.0.1:2',
  });
});

test('a wrong flag is KS-U100, also one that would break out of the content security policy', () => {
  const wrong = [
    [],
    ['--home', '/h', '--nonsense'],
    ['--home', '/h', 'argument'],
    ['--home', '/h', '--port', '65536'],
    ['--home', '/h', '--port', '1e3'],
    ['--home', '/h', '--port', ''],
    ['--home', '/h', '--websocket-url', 'https://localhost'],
    ['--home', '/h', '--websocket-url', "wss://localhost;script-src 'unsafe-inline'"],
    ['--home', '/h', '--websocket-url', 'wss://*'],
    ['--home', '/h', '--broker-url', 'mqtt://localhost'],
  ];
  for (const args of wrong) {
    assert.throws(() => readArguments(args, {}), { code: 'KS-U100' }, args.join(' '));
  }
});
