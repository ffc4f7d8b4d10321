import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions, TIME_SCALE_DEFAULT } from '../src/options.ts';

const args = [
  '--bus-path=/run/bus.sock',
  '--bus=spi:10MHz',
  '--pairing=/host-pairing.json',
  '--control-path=/run/control.sock',
  '--configuration=/c.json',
  '--firmware-manifest=/f.cose',
  '--configuration-manifest=/c.cose',
  '--port=8883',
];

test('every option is read and the time scale has a default', () => {
  assert.deepEqual(parseOptions(args), {
    busPath: '/run/bus.sock',
    bus: 'spi:10MHz',
    pairing: '/host-pairing.json',
    controlPath: '/run/control.sock',
    configuration: '/c.json',
    firmwareManifest: '/f.cose',
    configurationManifest: '/c.cose',
    port: 8883,
    timeScale: TIME_SCALE_DEFAULT,
  });
  assert.equal(parseOptions([...args, '--time-scale', '1.5']).timeScale, 1.5);
});

test('a missing, unknown or wrong option is refused', () => {
  for (const missing of args)
    assert.throws(() => parseOptions(args.filter((each) => each !== missing)), { code: 'KS-U100' });
  for (const wrong of [
    '--frobnicate=1',
    '--time-scale=0',
    '--time-scale=-1',
    '--time-scale=1e9',
    '--port=70000',
    'word',
  ]) {
    assert.throws(() => parseOptions([...args, wrong]), { code: 'KS-U100' }, wrong);
  }
});
