import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from 'commander';
import { addClientFlags, type ClientFlags, clientOptions } from '../../src/mqtt/flags.ts';

function parse(...args: string[]): ClientFlags {
  const command = addClientFlags(new Command('pub'))
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  return command.parse(args, { from: 'user' }).opts<ClientFlags>();
}

test("Mosquitto's short flags mean what they mean there", () => {
  const flags = parse(
    '-h',
    'example.org',
    '-p',
    '8884',
    '-i',
    'cli/1',
    '-q',
    '2',
    '-k',
    '30',
    '-V',
    'mqttv311',
    '-c',
    '-d',
  );
  assert.equal(flags.host, 'example.org');
  assert.equal(flags.port, 8884);
  assert.deepEqual(clientOptions(flags), { protocolVersion: 4, keepalive: 30, clean: false, clientId: 'cli/1' });
  assert.equal(flags.qos, 2);
  assert.equal(flags.debug, true);
});

test('the defaults are MQTT 5, a clean session and quality of service 0', () => {
  const flags = parse();
  assert.deepEqual(clientOptions(flags), { protocolVersion: 5, keepalive: 60, clean: true });
  assert.equal(flags.qos, 0);
});

test('a kept session lasts by default, and as long as -x says with MQTT 5', () => {
  assert.deepEqual(clientOptions(parse('-c')).properties, { sessionExpiryInterval: 0xffffffff });
  assert.deepEqual(clientOptions(parse('-c', '-x', '60')).properties, { sessionExpiryInterval: 60 });
});

test('a will is made of its four flags', () => {
  const { will } = clientOptions(
    parse('--will-topic', 'a/b', '--will-payload', 'gone', '--will-qos', '1', '--will-retain'),
  );
  assert.deepEqual(will, { topic: 'a/b', payload: Buffer.from('gone'), qos: 1, retain: true });
});

test('values outside their range are refused', () => {
  for (const args of [
    ['-q', '3'],
    ['-p', '0'],
    ['-p', '65536'],
    ['-p', '1e3'],
    ['-k', '-1'],
    ['-V', 'mqttv31'],
  ]) {
    assert.throws(() => parse(...args), { code: 'commander.invalidArgument' }, args.join(' '));
  }
});
